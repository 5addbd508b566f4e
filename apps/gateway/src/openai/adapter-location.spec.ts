import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { adapterAt } from './adapter-location.ts';

const folder = mkdtempSync(join(tmpdir(), 'sipf-adapters-'));
const root = join(folder, 'adapters');
mkdirSync(root, { recursive: true });
writeFileSync(join(root, 'file'), '');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it.each([
  [
    'is not there',
    join(root, 'gone'),
    'is not on this server: give the path as the server sees it, or a digest',
  ],
  [
    'holds no adapter',
    join(root, 'file'),
    'is not the folder of an adapter: it must hold what `save_pretrained` writes',
  ],
])('names the folder that %s, and says what to do', async (_, location, words) => {
  const description = `"${location}" ${words}`;
  await expect(adapterAt(location, root)).rejects.toMatchObject({
    ...{ kind: 'not-found', reason: 'FILE_NOT_FOUND', message: `lora_path ${description}` },
    violations: [{ field: 'lora_path', description }],
  });
});

it('does not blame the client for a folder that the server lacks, and does not reveal its name', async () => {
  const refused = adapterAt(join(root, 'file'), join(folder, 'secret'));
  await expect(refused).rejects.toMatchObject({ kind: 'failed-precondition' });
  await expect(refused).rejects.toThrow(/^(?!.*secret)the server's own folder of adapters/);
});
