import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestFolder, isModelFile } from './digest-folder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

describe('digestFolder', () => {
  it('is the digest that an artifact store gives a folder with these two files', async () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'model.safetensors'), 'weights');
    writeFileSync(join(dir, 'config.json'), '{}');
    // The same number stands in the specification of libs/artifacts' folder store.
    const digest = 'sha256:0c6b1742f898cb38862a34aa71172744b1477d68ad77430c8a2f856771ea547a';
    expect(await digestFolder(dir)).toBe(digest);
  });

  it.each<[string, (path: string) => void]>([
    ['pipe', (path) => void execFileSync('mkfifo', [path])],
    [
      'device',
      (path) => {
        symlinkSync('/dev/zero', path);
      },
    ],
    [
      'folder',
      (path) => {
        mkdirSync(path);
      },
    ],
    [
      'link to nothing',
      (path) => {
        symlinkSync('nothing', path);
      },
    ],
  ])('refuses a %s by name, whichever of the files it is', async (_what, make) => {
    for (const name of ['special_tokens_map.json', 'added_tokens.json', 'model.safetensors.index.json']) {
      const dir = temporaryFolder();
      make(join(dir, name));
      await expect(digestFolder(dir)).rejects.toMatchObject({
        reason: 'MODEL_FILE_NOT_FOUND',
        metadata: { file: name },
      });
    }
  });
});

describe('isModelFile', () => {
  it.each([
    'config.json',
    'model-00001-of-00003.safetensors',
    'model.safetensors.index.json',
    'tokenizer.model',
  ])('counts %s', (name) => {
    expect(isModelFile(name)).toBe(true);
  });

  it.each(['README.md', '.config.json', 'sub/config.json', 'model.bin', '.model.safetensors.1.tmp'])(
    'does not count %s',
    (name) => {
      expect(isModelFile(name)).toBe(false);
    },
  );
});
