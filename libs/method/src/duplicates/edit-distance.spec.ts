import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDistanceTo, editDistanceWithin } from './edit-distance.ts';

/** The whole table, straight from the definition. */
function plainDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}

it.each([
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['same', 'same', 0],
])('takes %s to %s in %i edits', (a, b, distance) => {
  expect(editDistanceWithin(a, b, 5)).toBe(distance);
});

it('equals the full table within its limit and is undefined over it', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 25 });
  fc.assert(
    fc.property(text, text, fc.nat(30), (a, b, limit) => {
      const distance = plainDistance(a, b);
      expect(editDistanceWithin(a, b, limit)).toBe(distance <= limit ? distance : undefined);
    }),
    { numRuns: 500 },
  );
});

it('equals the full table over many words of bits, for texts that are edits of each other', () => {
  const unit = fc.constantFrom('a', 'b', 'é', '\u{1f600}');
  const part = fc.string({ unit, maxLength: 70 });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 3 }), part, part, fc.nat(80), (shared, a, b, limit) => {
      const [first, second] = [shared.join(a), shared.toReversed().join(b)];
      const distance = plainDistance(first, second);
      expect(editDistanceWithin(first, second, limit)).toBe(distance <= limit ? distance : undefined);
      const edited = `${shared.join(a)}${b.slice(0, 3)}`;
      const near = plainDistance(first, edited);
      expect(editDistanceWithin(first, edited, limit)).toBe(near <= limit ? near : undefined);
    }),
    { numRuns: 60 },
  );
});

it('has nothing left of one comparison in the next', () => {
  const distanceTo = createDistanceTo('a'.repeat(100));
  expect(distanceTo('a'.repeat(100), 100)).toBe(0);
  expect(distanceTo('a', 5)).toBeUndefined();
  expect(distanceTo('a'.repeat(90), 10)).toBe(10);
  expect(distanceTo('', 99)).toBeUndefined();
  expect(distanceTo('', 100)).toBe(100);
});

it('compares texts of fifty thousand units in a narrow band', () => {
  const text = 'abcdefghij'.repeat(5000);
  expect(editDistanceWithin(text, `x${text.slice(0, -1)}`, 100)).toBe(2);
});
