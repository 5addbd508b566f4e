import { expect, it } from 'vitest';
import { firstDifference } from './first-difference.ts';

it('overlooks white space at the ends of lines and of the whole', () => {
  expect(firstDifference('1 \r\n2\n\n', '1\n2')).toBeUndefined();
  expect(firstDifference('', '\n')).toBeUndefined();
});

it('describes the first line that differs, also where one is missing or too many', () => {
  expect(firstDifference('1\n 2', '1\n2')).toBe('line 2 is " 2", expected "2"');
  expect(firstDifference('1', '1\n2')).toBe('line 2 is missing, expected "2"');
  expect(firstDifference('1\n2', '1')).toBe('line 2 is "2", expected missing');
});
