import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readToken } from './token-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sipf-token-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(text: string): string {
  const path = join(folder, `token-${text.length}`);
  writeFileSync(path, text);
  return path;
}

it('needs no token on this machine', async () => {
  for (const address of ['127.0.0.1:0', 'localhost:8080', '[::1]:8080']) {
    expect(await readToken(address, undefined)).toBeUndefined();
  }
});

it('needs a token beyond it, one that cannot be guessed', async () => {
  await expect(readToken('0.0.0.0:8080', undefined)).rejects.toMatchObject({ reason: 'SETTINGS_INVALID' });
  await expect(readToken('0.0.0.0:8080', file('short'))).rejects.toThrow('at least 16 characters');
  await expect(readToken('0.0.0.0:8080', join(folder, 'none'))).rejects.toThrow('--token-file');
  expect(await readToken('0.0.0.0:8080', file(' a token that is long enough\n'))).toBe(
    'a token that is long enough',
  );
});
