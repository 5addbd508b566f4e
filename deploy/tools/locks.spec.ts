import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const trainer = '../../apps/training/trl';

/** Each list of wanted packages and the lock that must hold them. */
const LOCKS = [
  ['peers.in', 'peers.txt'],
  ['vllm.in', 'vllm.txt'],
  [`${trainer}/zero3.in`, 'zero3.txt'],
] as const;

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Names and versions of a list's lines, those of the lists that it includes too. */
function wantedOf(path: string): { name: string; version: string | undefined }[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      if (line.startsWith('-r ')) return wantedOf(join(dirname(path), line.slice(3)));
      const [, name = '', version] = /^([\w-]+)(?:\[\w+\])?(?:==([\w.]+))?$/.exec(line) ?? [];
      expect(name, `${path}: ${line}`).not.toBe('');
      return [{ name, version }];
    });
}

/** Versions by name; every package has at least one hash. */
function lockedIn(path: string): ReadonlyMap<string, string> {
  const packages = readFileSync(path, 'utf8').matchAll(
    /^([\w-]+)==([\w.+]+).*\\\n {4}--hash=sha256:[0-9a-f]{64}/gm,
  );
  return new Map([...packages].map(([, name = '', version = '']) => [name, version]));
}

it.each(LOCKS)('what %s wants is in %s, in the same versions and with hashes', (list, lock) => {
  const wanted = wantedOf(pathOf(list));
  const locked = lockedIn(pathOf(lock));
  expect(wanted.length).toBeGreaterThan(1);
  for (const { name, version } of wanted) {
    expect([...locked.keys()]).toContain(name);
    if (version !== undefined) expect([name, locked.get(name)]).toEqual([name, version]);
  }
});

it('names the version of a package of the trainer in one list alone', () => {
  const lists = ['peers.in', `${trainer}/requirements.in`, `${trainer}/zero3.in`].map((list) =>
    readFileSync(pathOf(list), 'utf8'),
  );
  const pinned = lists.flatMap((text) =>
    [...text.matchAll(/^([\w-]+)(?:\[\w+\])?==/gm)].map(([, name]) => name),
  );
  expect(pinned).toContain('torch');
  expect(pinned.filter((name, at) => pinned.indexOf(name) !== at)).toEqual([]);
});
