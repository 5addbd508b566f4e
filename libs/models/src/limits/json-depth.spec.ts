import { describe, expect, it } from 'vitest';
import { isTooDeep } from './json-depth.ts';

const judge = (text: string) => isTooDeep(Buffer.from(text));

describe('isTooDeep', () => {
  it.each([
    ['lists up to the limit', '['.repeat(64) + ']'.repeat(64)],
    ['many lists beside each other', `[${'[],'.repeat(10_000)}0]`],
    ['brackets within strings', JSON.stringify({ ['[{'.repeat(500)]: ['"\\', '\\"[['.repeat(500)] })],
    ['nothing', ''],
    ['a string without an end', '"[[['.padEnd(500, '[')],
  ])('lets %s pass', (_, text) => {
    expect(judge(text)).toBe(false);
  });

  it.each([
    ['lists', '['.repeat(65)],
    ['objects', '{"a":'.repeat(65)],
    ['both', '[{"a":'.repeat(33)],
    ['lists after a string that ends in a backslash', `["\\\\",${'['.repeat(64)}`],
  ])('stops %s', (_, text) => {
    expect(judge(text)).toBe(true);
  });

  it('is fast', () => {
    const start = performance.now();
    expect(isTooDeep(Buffer.alloc(20_000_000, '[]'))).toBe(false);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
