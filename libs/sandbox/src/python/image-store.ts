import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { buildImage } from './build-image.ts';
import { keepNewest } from './keep-newest.ts';
import type { PythonImage } from './python-image.ts';

const require = createRequire(import.meta.url);
const packageFile = (name: string) =>
  readFileSync(path.join(path.dirname(require.resolve('pyodide/package.json')), name));

/** Images that stay in the folder, of this and of other versions; about 17 MiB each. */
const maxImages = 4;

/**
 * Gives the image, from the folder where it was put by or newly built and put by there. Whoever may write to the folder decides
 * what runs as Python; a folder that cannot be written to costs only time.
 */
export function loadImage(cacheFolder: string): PythonImage {
  const file = path.join(cacheFolder, `python-${imageKey()}.image`);
  return readImage(file) ?? keepImage(buildFromPackage(), file);
}

/** Changes with whatever goes into an image: the interpreter, the engine that runs it with its flags, and the code of this folder. */
function imageKey(): string {
  const engine = JSON.stringify([process.versions.v8, process.execArgv]);
  const hash = createHash('sha256').update(engine).update(packageFile('package.json'));
  for (const folder of [import.meta.dirname, path.join(import.meta.dirname, 'realm')]) {
    const names = readdirSync(folder).filter(
      (name) => /\.(?:ts|py)$/u.test(name) && !name.includes('.spec.'),
    );
    for (const name of names.sort()) hash.update(name).update(readFileSync(path.join(folder, name)));
  }
  return hash.digest('hex').slice(0, 32);
}

function buildFromPackage(): PythonImage {
  return buildImage({ wasm: packageFile('pyodide.asm.wasm'), library: packageFile('python_stdlib.zip') });
}

interface Envelope {
  readonly digest: string;
  readonly image: Buffer;
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Undefined where there is none, or not a whole one. */
function readImage(file: string): PythonImage | undefined {
  try {
    const { digest, image } = deserialize(readFileSync(file)) as Envelope;
    if (digest !== digestOf(image)) return undefined;
    markUsed(file);
    return deserialize(image) as PythonImage;
  } catch {
    return undefined;
  }
}

function keepImage(image: PythonImage, file: string): PythonImage {
  const partial = `${file}.${randomUUID()}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const bytes = serialize(image);
    writeFileSync(partial, serialize({ digest: digestOf(bytes), image: bytes } satisfies Envelope), {
      mode: 0o600,
    });
    renameSync(partial, file);
    keepNewest(path.dirname(file), /^python-\w+\.image/u, maxImages);
  } catch {
    rmSync(partial, { force: true });
  }
  return image;
}

/** An image in use is not among the oldest, which are removed. */
function markUsed(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // The folder may be one that is only read.
  }
}
