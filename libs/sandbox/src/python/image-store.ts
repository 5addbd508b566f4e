import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { keepNewest } from './keep-newest.ts';
import type { PythonImage } from './python-image.ts';

/** Images kept in the folder, of this and other versions; about 17 MiB each. */
const maxImages = 4;

interface Envelope {
  readonly digest: string;
  readonly image: Buffer;
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The image in a file, named or open; undefined for a missing or incomplete one. */
export function readImage(file: string | number): PythonImage | undefined {
  try {
    const { digest, image } = deserialize(readFileSync(file)) as Envelope;
    return digest === digestOf(image) ? (deserialize(image) as PythonImage) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stores an image, under its name only when it is complete. Anyone who can write to its folder decides what runs as Python.
 * @throws Error before anything is built, where the folder is not writable
 */
export function keepImage(file: string, build: () => PythonImage): void {
  const partial = `${file}.${randomUUID()}`;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(partial, '', { mode: 0o600 });
    const image = serialize(build());
    writeFileSync(partial, serialize({ digest: digestOf(image), image } satisfies Envelope));
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
  keepNewest(path.dirname(file), /^python-\w+\.image/u, maxImages);
}
