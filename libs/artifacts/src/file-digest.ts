import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { getEnvironmentData, setEnvironmentData, Worker } from 'node:worker_threads';

/** What a file holds. */
export interface FileDigest {
  /** `sha256:<hex>` of its bytes. */
  readonly digest: string;
  readonly sizeBytes: number;
}

interface Known extends FileDigest {
  /** Device, inode, size and both times: what changes with a file's content. */
  readonly identity: string;
}

const KEY = 'sipf.file-digests';
/** Files that are remembered; a model has a dozen. */
const MAX_KNOWN = 10_000;
/** The clock of a file system ticks: a change within a tick of the last one would leave the times as they are. */
const SETTLED_MS = 50;
/** From here on a thread of its own hashes, in bytes: the event loop would have no time for anybody else. */
const BIG = 32 * 1024 * 1024;

/** Threads start with what their process knows by then. */
const known = new Map(getEnvironmentData(KEY) as Map<string, Known> | undefined);
const underWay = new Map<string, Promise<Known>>();

/**
 * The digest of a file's content. A process reads a file once, and again only when it is another one under that name or was
 * written to; so a file that rots while it is in use is found out by the next process.
 * @throws TypeError for what is no regular file; Error of the file system
 */
export async function digestFile(path: string): Promise<FileDigest> {
  const absolute = resolve(path);
  const { identity, sizeBytes, changedAtMs } = await look(absolute);
  const before = known.get(absolute);
  if (before?.identity === identity) return before;
  const work = `${identity} ${absolute}`;
  const hashing = underWay.get(work) ?? hash(absolute, { identity, sizeBytes });
  underWay.set(work, hashing);
  try {
    const found = await hashing;
    if (Date.now() - changedAtMs > SETTLED_MS && (await look(absolute)).identity === identity)
      remember(absolute, found);
    return found;
  } finally {
    underWay.delete(work);
  }
}

async function look(path: string) {
  const found = await stat(path, { bigint: true });
  // A pipe or device would block or never end.
  if (!found.isFile()) throw new TypeError(`${path} is not a regular file`);
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = found;
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join(':');
  return { identity, sizeBytes: Number(size), changedAtMs: Number(ctimeMs) };
}

function remember(path: string, file: Known): void {
  known.delete(path);
  known.set(path, file);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  setEnvironmentData(KEY, known);
}

async function hash(path: string, { identity, sizeBytes }: Omit<Known, 'digest'>): Promise<Known> {
  const hex = sizeBytes < BIG ? await hashHere(path, sizeBytes) : await hashAside(path);
  return { identity, sizeBytes, digest: `sha256:${hex}` };
}

async function hashHere(path: string, sizeBytes: number): Promise<string> {
  const sum = createHash('sha256');
  // The stream makes a buffer of that length whatever the file's, and collecting those costs more than reading a small file.
  const highWaterMark = Math.max(1 << 16, Math.min(sizeBytes, 1 << 20));
  for await (const chunk of createReadStream(path, { highWaterMark })) sum.update(chunk as Buffer);
  return sum.digest('hex');
}

function hashAside(path: string): Promise<string> {
  return new Promise((done, failed) => {
    const worker = new Worker(new URL('./hash-thread.ts', import.meta.url), { workerData: path });
    worker.on('message', done).on('error', failed);
  });
}
