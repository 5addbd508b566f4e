import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readExperimentFile } from './experiment-file.ts';

it.each(['{"id": "e"', '{"id": "e"}'])('names the file that is damaged, and what to do: %s', async (text) => {
  using folder = temporaryFolder();
  const path = folder.write('experiment.json', text);
  await expect(readExperimentFile(path)).rejects.toMatchObject({
    reason: 'LOG_CORRUPT',
    message: `${path} is damaged: restore it from a copy, or choose another --id`,
  });
});
