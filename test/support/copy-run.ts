import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';

/** Copies a run's folder, with files that have several names there, as models in a store do, under as many names here. */
export function copyRun(from: string, to: string, known = new Map<number, string>()): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const file = lstatSync(source);
    const first = known.get(file.ino);
    if (file.isDirectory()) copyRun(source, target, known);
    else if (file.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (first !== undefined) linkSync(first, target);
    else {
      copyFileSync(source, target);
      if (file.nlink > 1) known.set(file.ino, target);
    }
  }
}
