import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readHubName, writeModelSource } from '../hub/model-source.ts';
import { digestFolder } from './digest-folder.ts';
import { adapterShapes, loadAdapterFolder } from './load-adapter-folder.ts';
import { nameBase } from './name-base.ts';
import { saveAdapterFolder } from './save-adapter-folder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { randomTensors, TINY_CONFIG, writeTinyTokenizer } from './testing/tiny-model.ts';

const LORA = { rank: 2, alpha: 4, targetModules: ['q_proj'], dropout: 0 };
const BASE = { config: TINY_CONFIG, digest: `sha256:${'a'.repeat(64)}` };

async function adapterFolder(): Promise<string> {
  const dir = join(temporaryFolder(), 'adapter');
  await saveAdapterFolder(dir, BASE, {
    lora: LORA,
    tensors: randomTensors(adapterShapes(TINY_CONFIG, LORA, [])),
  });
  return dir;
}

const nameIn = (dir: string) =>
  (JSON.parse(readFileSync(join(dir, 'adapter_config.json'), 'utf8')) as Record<string, unknown>)[
    'base_model_name_or_path'
  ];

it('gives a copy of an adapter its base’s name and tokenizer, and changes nothing else of it', async () => {
  const [dir, base] = [await adapterFolder(), temporaryFolder()];
  expect(nameIn(dir)).toBeNull();
  writeTinyTokenizer(base, 3);
  await nameBase(dir, { name: 'org/name', folder: base });
  expect(nameIn(dir)).toBe('org/name');
  expect(existsSync(join(dir, 'tokenizer.json'))).toBe(true);
  const adapter = await loadAdapterFolder(dir, BASE);
  adapter.close();
  expect(adapter.lora).toEqual(LORA);
});

it('leaves what is not an adapter as it is', async () => {
  const [dir, base] = [temporaryFolder(), temporaryFolder()];
  writeTinyTokenizer(base, 3);
  await nameBase(dir, { name: 'org/name', folder: base });
  expect(existsSync(join(dir, 'tokenizer.json'))).toBe(false);
});

it('has a folder’s name on its hub beside what the folder computes', async () => {
  const dir = await adapterFolder();
  const digest = await digestFolder(dir);
  expect(readHubName(dir)).toBeUndefined();
  await writeModelSource(dir, { repository: 'org/name', commit: 'c0ffee' });
  expect(readHubName(dir)).toBe('org/name');
  expect(await digestFolder(dir)).toBe(digest);
  writeFileSync(
    join(dir, 'sipf-source.json'),
    JSON.stringify({ repository: '/home/somebody/models', commit: '' }),
  );
  expect(() => readHubName(dir)).toThrow(/sipf-source.json\/repository/);
});
