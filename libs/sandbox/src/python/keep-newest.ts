import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

/** Removes the files of a folder whose names match, all but the `count` most recently changed. */
export function keepNewest(folder: string, pattern: RegExp, count: number): void {
  const files = readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, changedMs: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  for (const { file } of files.sort((a, b) => b.changedMs - a.changedMs).slice(count)) {
    rmSync(file, { force: true });
  }
}
