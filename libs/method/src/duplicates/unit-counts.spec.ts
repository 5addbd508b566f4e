import { expect, it } from 'vitest';
import { leastDistance, unitCounts } from './unit-counts.ts';

it.each([
  ['', '', 0],
  ['listen', 'silent', 0],
  // Three units of the first are missing in the second, which has two others.
  ['aaab', 'bcc', 3],
  ['bcc', 'aaab', 3],
  ['', 'abc', 3],
  ['zürich', 'zurich', 1],
  // Units of one class are not distinguished: 'a' and the unit 128 after it.
  ['a', 'a'.replace('a', String.fromCharCode(97 + 128)), 0],
])('no fewer edits lead from %j to %j than %i', (first, second, least) => {
  expect(leastDistance(unitCounts(first), unitCounts(second))).toBe(least);
});
