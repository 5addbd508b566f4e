import { SipfError } from '@sipf/errors';
import { existsSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { hasContent } from './content-hash.ts';
import type { HubClient } from './hub-client.ts';
import { hubError } from './hub-error.ts';
import type { KnownFile } from './hub-file.ts';
import { IDLE_TIMEOUT_MS, type Patience, withRetries } from './with-retries.ts';

/** The target of a download, and its progress. */
export interface FileTarget extends Patience {
  readonly client: Pick<HubClient, 'open'>;
  readonly commit: string;
  /** An existing part is resumed; after an error the part stays for the next attempt. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onBytes: (received: number) => void;
}

/**
 * Downloads a file whole and checks it by size and hash, in as many connections as it takes.
 *
 * @throws SipfError unavailable HUB_UNAVAILABLE when attempts bring nothing; data-loss HUB_CONTENT_MISMATCH for content
 * that is twice not what the hash says; cancelled DOWNLOAD_CANCELLED; and as {@link HubClient.open}
 */
export async function downloadFile(file: KnownFile, target: FileTarget): Promise<void> {
  const complete = () =>
    withRetries(() => attempt(file, target), { ...target, progress: () => sizeOf(target.path) });
  try {
    await complete();
  } catch (error) {
    // What lay there may have been damaged: once more, from the beginning.
    if (!(error instanceof SipfError && error.kind === 'data-loss')) throw error;
    await complete();
  }
}

/** One connection's worth, then the check. */
async function attempt(file: KnownFile, target: FileTarget): Promise<void> {
  const { path } = target;
  if (!existsSync(path) || sizeOf(path) < file.size) await receive(file, target);
  if (sizeOf(path) < file.size) throw hubError(file.name, { cause: 'the answer ended early' });
  if (sizeOf(path) === file.size && (await hasContent(path, file.size, file.hash))) return;
  await rm(path);
  throw mismatch(file);
}

/** Appends what the server sends, one byte over the size at most. */
async function receive(file: KnownFile, target: FileTarget): Promise<void> {
  const { client, commit, path, onBytes, idleTimeoutMs = IDLE_TIMEOUT_MS } = target;
  const silence = new AbortController();
  const signal = AbortSignal.any([target.signal, silence.signal]);
  const timer = setTimeout(() => {
    silence.abort();
  }, idleTimeoutMs);
  const handle = await open(path, 'a');
  try {
    const stream = await client.open(file, commit, { start: sizeOf(path), signal });
    if (stream.start === 0) await handle.truncate(0);
    let received = stream.start;
    for await (const chunk of reading(file, stream.bytes)) {
      timer.refresh();
      await handle.write(chunk.subarray(0, file.size + 1 - received));
      received += chunk.length;
      onBytes(Math.min(received, file.size));
      if (received > file.size) break;
    }
    await handle.sync();
  } finally {
    clearTimeout(timer);
    await handle.close();
  }
}

/** A connection that breaks is the hub's failure; a file that cannot be written is not. */
async function* reading(file: KnownFile, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (cause) {
    throw hubError(file.name, { cause });
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function mismatch({ name, size, hash }: KnownFile): SipfError {
  return new SipfError('data-loss', `${name} is not the file that the hub lists (${size} bytes, ${hash})`, {
    reason: 'HUB_CONTENT_MISMATCH',
    metadata: { file: name, size: String(size), hash },
  });
}
