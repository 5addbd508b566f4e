import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, it, vi } from 'vitest';
import { digestBytes } from './digest.ts';
import { digestFile } from './file-digest.ts';
import { temporaryFolder } from './testing/artifact-store-contract.ts';

const TEXT = new TextEncoder();
/** Longer than a file must be left alone for its digest to be kept. */
const SETTLED_MS = 80;

async function settledFile(text: string): Promise<string> {
  const path = join(temporaryFolder(), 'weights');
  writeFileSync(path, text);
  await sleep(SETTLED_MS);
  return path;
}

/** Reads of the file system's content since now. */
function countHashes(): () => number {
  const spy = vi.spyOn(createHash('sha256').constructor.prototype as { digest: () => string }, 'digest');
  return () => {
    const { length } = spy.mock.calls;
    spy.mockRestore();
    return length;
  };
}

it('reads a file once, however often and however many ask at the same time', async () => {
  const path = await settledFile('weights');
  const wanted = { digest: digestBytes(TEXT.encode('weights')), sizeBytes: 7 };
  const hashes = countHashes();
  for (const found of await Promise.all([digestFile(path), digestFile(path)]))
    expect(found).toMatchObject(wanted);
  expect(await digestFile(path)).toMatchObject(wanted);
  expect(hashes()).toBe(1);
});

it.each([
  [
    'was written to in place, with its old times put back',
    (path: string) => {
      writeFileSync(path, 'weighty');
      utimesSync(path, 1, 1);
    },
  ],
  [
    'is another file under that name',
    (path: string) => {
      writeFileSync(`${path}.new`, 'weighty');
      renameSync(`${path}.new`, path);
    },
  ],
])('reads one again that %s', async (_, change) => {
  const path = await settledFile('weights');
  utimesSync(path, 1, 1);
  await sleep(SETTLED_MS);
  expect((await digestFile(path)).digest).toBe(digestBytes(TEXT.encode('weights')));
  change(path);
  expect((await digestFile(path)).digest).toBe(digestBytes(TEXT.encode('weighty')));
});

it('does not rely on the times of a file that was written a moment ago', async () => {
  const path = join(temporaryFolder(), 'weights');
  writeFileSync(path, 'weights');
  const hashes = countHashes();
  await digestFile(path);
  await digestFile(path);
  expect(hashes()).toBe(2);
});

it('hashes a big file in a thread of its own, so that the event loop has time for others', async () => {
  const path = join(temporaryFolder(), 'weights');
  writeFileSync(path, '');
  truncateSync(path, 64 * 1024 * 1024);
  const file = await open(path, 'r+');
  await file.write(TEXT.encode('end'), 0, 3, 64 * 1024 * 1024 - 3);
  await file.close();
  const bytes = Buffer.alloc(64 * 1024 * 1024);
  bytes.write('end', bytes.length - 3);
  const hashes = countHashes();
  const found = await digestFile(path);
  expect(hashes()).toBe(0);
  expect(found).toMatchObject({ digest: digestBytes(bytes), sizeBytes: bytes.length });
});

it('gives threads what the process knows by the time they start', async () => {
  const path = await settledFile('weights');
  await digestFile(path);
  const source = `import { getEnvironmentData, parentPort } from 'node:worker_threads';
    parentPort.postMessage([...getEnvironmentData('sipf.file-digests').keys()]);`;
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const [known] = (await once(thread, 'message')) as [string[]];
  expect(known).toContain(path);
});

it('refuses what never ends, a pipe or a device', async () => {
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero']) {
    await expect(digestFile(path)).rejects.toThrow('is not a regular file');
  }
});
