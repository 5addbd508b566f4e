import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSlotTable } from './slot-table.ts';

it('gives the lowest free slot, never one twice, and counts what is taken', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 200 }), (actions) => {
      const table = createSlotTable<string>(8);
      const held = new Map<number, string>();
      actions.forEach((action, index) => {
        const slot = [...held.keys()][action % Math.max(1, held.size)];
        if (action < 6 && table.free > 0) {
          const taken = table.take(`row ${index}`);
          const lowestFree = [0, 1, 2, 3, 4, 5, 6, 7].find((candidate) => !held.has(candidate));
          expect(taken).toBe(lowestFree);
          held.set(taken, `row ${index}`);
        } else if (slot !== undefined) {
          table.release(slot);
          held.delete(slot);
        }
        expect(table.taken).toBe(held.size);
        expect(table.entries()).toEqual([...held].sort(([a], [b]) => a - b));
      });
    }),
  );
});

it('refuses a row when it is full and a release of a free slot', () => {
  const table = createSlotTable<string>(1);
  table.take('only');
  expect(() => table.take('another')).toThrow(/every slot is taken/);
  table.release(0);
  expect(() => {
    table.release(0);
  }).toThrow(/not taken/);
});
