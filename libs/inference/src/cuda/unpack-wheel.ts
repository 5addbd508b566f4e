import { SipfError } from '@sipf/errors';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

// PKWARE's APPNOTE, 4.3: what a zip file of less than 4 GiB has.
const END_SIGNATURE = 0x06_05_4b_50;
const ENTRY_SIGNATURE = 0x02_01_4b_50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** The end of a file may be followed by a comment. */
const LONGEST_TAIL = END_BYTES + 65_535;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly sizeBytes: number;
  /** Of the entry's own header. */
  readonly offset: number;
}

/**
 * Writes one file of a zip file, as wheels are, without reading it whole.
 * @throws SipfError data-loss WHEEL_INVALID where it has no such file, or has it in another form
 */
export async function unpackFile(wheel: string, name: string, target: string): Promise<void> {
  const handle = await open(wheel);
  try {
    const entry = (await entriesOf(handle, wheel)).find((one) => one.name === name);
    if (entry === undefined) throw invalid(wheel, `has no ${name}`);
    if (entry.method !== STORED && entry.method !== DEFLATED)
      throw invalid(wheel, `packs ${name} in another way`);
    const local = await read(handle, entry.offset, LOCAL_BYTES);
    const start = entry.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
    const source = createReadStream(wheel, { start, end: start + entry.sizeBytes - 1 });
    const written = createWriteStream(target, { flush: true });
    await (entry.method === STORED
      ? pipeline(source, written)
      : pipeline(source, createInflateRaw(), written));
  } finally {
    await handle.close();
  }
}

async function entriesOf(handle: FileHandle, wheel: string): Promise<Entry[]> {
  const { size } = await handle.stat();
  const tail = await read(handle, Math.max(0, size - LONGEST_TAIL), Math.min(size, LONGEST_TAIL));
  let at = tail.length - END_BYTES;
  while (at >= 0 && tail.readUInt32LE(at) !== END_SIGNATURE) at--;
  if (at < 0) throw invalid(wheel, 'has no list of files');
  const [count, bytes, offset] = [
    tail.readUInt16LE(at + 10),
    tail.readUInt32LE(at + 12),
    tail.readUInt32LE(at + 16),
  ];
  const list = await read(handle, offset, bytes);
  const entries: Entry[] = [];
  for (let from = 0; entries.length < count;) {
    if (from + ENTRY_BYTES > list.length || list.readUInt32LE(from) !== ENTRY_SIGNATURE)
      throw invalid(wheel, 'has a damaged list of files');
    const end = from + ENTRY_BYTES + list.readUInt16LE(from + 28);
    entries.push({
      name: list.toString('utf8', from + ENTRY_BYTES, end),
      method: list.readUInt16LE(from + 10),
      sizeBytes: list.readUInt32LE(from + 20),
      offset: list.readUInt32LE(from + 42),
    });
    from = end + list.readUInt16LE(from + 30) + list.readUInt16LE(from + 32);
  }
  return entries;
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function invalid(wheel: string, why: string): SipfError {
  return new SipfError('data-loss', `${basename(wheel)} ${why}`, { reason: 'WHEEL_INVALID' });
}
