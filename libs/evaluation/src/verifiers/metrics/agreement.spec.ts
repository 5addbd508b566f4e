import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { cohenKappa, fleissKappa } from './agreement.ts';

/** Labels from a table of counts: `table[i][j]` items that the first called i and the second j. */
function fromTable(table: readonly (readonly number[])[]): [number[], number[]] {
  const cells = table.flatMap((row, i) => row.map((count, j) => ({ i, j, count })));
  const repeat = (of: 'i' | 'j') => cells.flatMap((cell) => new Array<number>(cell.count).fill(cell[of]));
  return [repeat('i'), repeat('j')];
}

describe('Cohen', () => {
  it('is 0.4 for 20 and 15 of 50 agreed, as counted by hand', () => {
    // p_o = 35/50; p_e = 25/50 * 30/50 + 25/50 * 20/50 = 0.5
    expect(
      cohenKappa(
        ...fromTable([
          [20, 5],
          [10, 15],
        ]),
      ),
    ).toBeCloseTo(0.4, 12);
  });

  it('weighs chance by the shares of both', () => {
    // p_o = 0.6 both times; p_e = 0.54 and 0.46
    expect(
      cohenKappa(
        ...fromTable([
          [45, 15],
          [25, 15],
        ]),
      ),
    ).toBeCloseTo(0.06 / 0.46, 12);
    expect(
      cohenKappa(
        ...fromTable([
          [25, 35],
          [5, 35],
        ]),
      ),
    ).toBeCloseTo(0.14 / 0.54, 12);
  });

  it('has no value where chance explains everything, nor without items', () => {
    expect(cohenKappa([true, true], [true, true])).toBeUndefined();
    expect(cohenKappa([], [])).toBeUndefined();
  });

  it('is 1 for equal labels, about 0 for independent ones and -1 for opposite halves', () => {
    const rng = createRng('kappa');
    const draw = (): boolean[] => Array.from({ length: 20_000 }, () => rng.uniform() < 0.3);
    const labels = draw();
    expect(cohenKappa(labels, labels)).toBeCloseTo(1, 12);
    expect(Math.abs(cohenKappa(labels, draw()) ?? 1)).toBeLessThan(0.03);
    expect(cohenKappa([true, false], [false, true])).toBe(-1);
  });
});

describe('Fleiss', () => {
  it("is 0.210 for the fourteen raters of Fleiss' worked example", () => {
    // Ten subjects, five categories; the well-known table whose kappa is 0.210.
    const counts = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    const items = counts.map((row) => row.flatMap((count, label) => new Array<number>(count).fill(label)));
    expect(fleissKappa(items)).toBeCloseTo(0.21, 3);
  });

  it('is what counting every pair of labels gives', () => {
    const rng = createRng('fleiss');
    const items = Array.from({ length: 40 }, () => Array.from({ length: 3 }, () => rng.uniform() < 0.6));
    expect(fleissKappa(items)).toBeCloseTo(byPairs(items), 12);
  });

  it('has no value for one annotator or one label', () => {
    expect(fleissKappa([[1], [2]])).toBeUndefined();
    expect(
      fleissKappa([
        [1, 1],
        [1, 1],
      ]),
    ).toBeUndefined();
    expect(fleissKappa([])).toBeUndefined();
  });

  it('refuses items with different numbers of labels', () => {
    expect(() => fleissKappa([[1, 1], [1]])).toThrow(RangeError);
  });
});

/** The slow way: chance from every two labels drawn with replacement, agreement from every pair of an item. */
function byPairs(items: readonly (readonly boolean[])[]): number {
  const share = (pairs: readonly (readonly [boolean, boolean])[]): number =>
    pairs.filter(([a, b]) => a === b).length / pairs.length;
  const within = items.flatMap((labels) =>
    labels.flatMap((a, i) => labels.flatMap((b, j) => (i < j ? [[a, b] as const] : []))),
  );
  const all = items.flat();
  const chance = share(all.flatMap((a) => all.map((b) => [a, b] as const)));
  return (share(within) - chance) / (1 - chance);
}
