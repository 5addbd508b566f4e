import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { PreparedFile } from '../confinement/launch-script.ts';
import { packageFile } from './build-image.ts';
import { readImage } from './image-store.ts';

const maker = new URL('./make-image.ts', import.meta.url);
const files = new Map<string, PreparedFile>();

/**
 * The path of the image of children with these arguments, existing or not. Checked once per process: removes a damaged image, and
 * touches a used one so that it is not among the oldest.
 */
export function imageFile(nodeArguments: readonly string[]): PreparedFile {
  const key = imageKey(nodeArguments);
  const known = files.get(key);
  if (known !== undefined) return known;
  const file = { path: path.join(cacheFolder(), `python-${key}.image`), maker };
  settle(file.path);
  files.set(key, file);
  return file;
}

function cacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'sipf');
}

/** Changes with every input of an image: the interpreter, the engine with its flags, and the code of this folder. */
function imageKey(nodeArguments: readonly string[]): string {
  const engine = JSON.stringify([process.versions.v8, nodeArguments]);
  const hash = createHash('sha256').update(engine).update(packageFile('package.json'));
  for (const folder of ['.', 'realm', 'library'].map((name) => path.join(import.meta.dirname, name))) {
    const names = readdirSync(folder).filter(
      (name) => /\.(?:ts|py)$/u.test(name) && !name.includes('.spec.'),
    );
    for (const name of names.sort()) hash.update(name).update(readFileSync(path.join(folder, name)));
  }
  return hash.digest('hex').slice(0, 32);
}

function settle(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
    if (readImage(file) === undefined) rmSync(file);
  } catch {
    // There is no image yet, or the folder is read-only.
  }
}
