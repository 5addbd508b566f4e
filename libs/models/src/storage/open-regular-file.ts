import { SipfError } from '@sipf/errors';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';

/** A file opened for positional reads. */
export interface RegularFile {
  /** Base name, as error messages spell it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Fills `target` from `position`; false where the file ends before that. */
  read(target: Uint8Array, position: number): boolean;
  close(): void;
}

/** One read of the operating system is at most this long. */
const MAX_READ_BYTES = 1 << 30;

/** @throws SipfError not-found MODEL_FILE_NOT_FOUND where `path` is not a regular file that can be read */
export function openRegularFile(path: string): RegularFile {
  const name = basename(path);
  let sizeBytes: number;
  let descriptor: number;
  try {
    const stat = statSync(path);
    // A pipe or device would block or never end.
    if (!stat.isFile()) throw new TypeError('not a regular file');
    sizeBytes = stat.size;
    descriptor = openSync(path, 'r');
  } catch (cause) {
    const options = { reason: 'MODEL_FILE_NOT_FOUND', metadata: { file: name }, cause };
    throw new SipfError('not-found', `${name} is missing or cannot be read`, options);
  }
  let open = true;
  return {
    name,
    sizeBytes,
    read: (target, position) => {
      if (!open) throw new TypeError(`${name} is closed`);
      return readFully(descriptor, target, position);
    },
    close: () => {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function readFully(descriptor: number, target: Uint8Array, position: number): boolean {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, MAX_READ_BYTES);
    const read = readSync(descriptor, target, done, length, position + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}
