import { expect, it } from 'vitest';
import { differenceOf, nameOfProgram, programOf } from './program.ts';

const commit = '5e1f2a90c0ffee00';

it('describes this program by version, commit and what its settings may be', () => {
  expect(programOf('0.1.0', commit)).toEqual({
    version: '0.1.0',
    commit,
    settings: expect.stringMatching(/^sha256:[0-9a-f]{16}$/) as string,
  });
  expect(Object.keys(programOf('0.1.0', undefined))).toEqual(['version', 'settings']);
});

it.each([
  [undefined, 'sipf 0.1.0'],
  [commit, 'sipf 0.1.0 (5e1f2a90c0ff)'],
  [`${commit}+`, 'sipf 0.1.0 (5e1f2a90c0ff+)'],
])('names a program of commit %s', (of, name) => {
  expect(nameOfProgram({ version: '0.1.0', settings: '', ...(of === undefined ? {} : { commit: of }) })).toBe(
    name,
  );
});

it.each([
  ['nothing', { version: '1', commit: 'a', settings: 's' }, undefined],
  ['the version', { version: '2', commit: 'a', settings: 's' }, 'version 2 instead of 1'],
  ['the commit', { version: '1', commit: 'b', settings: 's' }, 'commit b instead of a'],
  ['the settings', { version: '1', commit: 'a', settings: 't' }, 'other settings in its configuration'],
  [
    'everything',
    { version: '2', commit: 'b', settings: 't' },
    'version 2 instead of 1, commit b instead of a, other settings in its configuration',
  ],
  ['what only one of them says', { version: '1', settings: '' }, undefined],
])('names the difference of two programs that differ in %s', (_, now, words) => {
  const before = { version: '1', commit: 'a', settings: 's' };
  expect(differenceOf(before, now)).toBe(words);
  expect(differenceOf(now, before) === undefined).toBe(words === undefined);
});
