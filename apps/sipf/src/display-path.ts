import { relative } from 'node:path';

/** A path as the person who stands in `cwd` would write it: relative, unless that leads far up. */
export function displayPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  if (short === '') return '.';
  return short.startsWith('../..') || short.length > path.length ? path : short;
}
