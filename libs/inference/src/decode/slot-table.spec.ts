import { createRng } from '@sipf/random';
import { expect, it } from 'vitest';
import { SlotTable } from './slot-table.ts';

it('takes the lowest free slot first', () => {
  const table = new SlotTable<string>();
  expect([table.take('a'), table.take('b'), table.take('c')]).toEqual([0, 1, 2]);
  table.release(1);
  expect(table.taken).toBe(2);
  expect(table.take('d')).toBe(1);
  expect(table.entries()).toEqual([
    [0, 'a'],
    [1, 'd'],
    [2, 'c'],
  ]);
});

it('refuses to free a slot that is free', () => {
  const table = new SlotTable<string>();
  table.take('a');
  table.release(0);
  expect(() => {
    table.release(0);
  }).toThrow('slot 0 is not taken');
});

it('moves rows together, and reports where each went', () => {
  const rng = createRng('compact');
  for (let round = 0; round < 50; round++) {
    const table = new SlotTable<number>();
    const rows = new Map<number, number>();
    for (let row = 0; row < 12; row++) rows.set(table.take(row), row);
    for (const slot of rng.shuffle([...rows.keys()]).slice(0, rng.integer(13))) {
      table.release(slot);
      rows.delete(slot);
    }
    table.compact((from, to) => {
      expect(rows.has(to)).toBe(false);
      rows.set(to, rows.get(from) as number);
      rows.delete(from);
    });
    expect(new Map(table.entries())).toEqual(rows);
    expect([...rows.keys()].sort((a, b) => a - b)).toEqual([...Array(table.taken).keys()]);
  }
});
