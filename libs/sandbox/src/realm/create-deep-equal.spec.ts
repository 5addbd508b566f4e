import fc from 'fast-check';
import assert from 'node:assert';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { dataViews, makerPairs } from '../testing/arbitrary-values.ts';
import { createCycles } from './create-cycles.ts';
import { createDeepEqual } from './create-deep-equal.ts';
import { createItemEquality } from './create-item-equality.ts';
import { createKinds } from './create-kinds.ts';
import { createMatching } from './create-matching.ts';
import type { EqualityMode } from './equality-mode.ts';

const deepEqual = createDeepEqual({
  kinds: createKinds(),
  items: createItemEquality(),
  members: createMatching(),
  createCycles,
});

const ofNode: Readonly<
  Record<Exclude<EqualityMode, 'structure'>, (a: unknown, b: unknown, message: string) => void>
> = {
  strict: assert.deepStrictEqual,
  loose: assert.deepEqual,
  partial: assert.partialDeepStrictEqual,
};
const modes = Object.keys(ofNode) as (keyof typeof ofNode)[];

/** Whether Node's own module finds two values equal; undefined where it breaks over them, as over a view beside its bytes. */
function equalInNode(mode: keyof typeof ofNode, a: unknown, b: unknown): boolean | undefined {
  try {
    // With a message of one's own none is made, which would take most of the time.
    ofNode[mode](a, b, 'differ');
    return true;
  } catch (error) {
    return error instanceof assert.AssertionError ? false : undefined;
  }
}

describe('createDeepEqual', () => {
  it.each(modes)('decides as Node does on pairs of values of every kind: %s', (mode) => {
    let equal = 0;
    fc.assert(
      fc.property(makerPairs, ([first, second]) => {
        const [a, b] = [first(), second()];
        const wanted = equalInNode(mode, a, b);
        equal += wanted === true ? 1 : 0;
        fc.pre(wanted !== undefined);
        if (deepEqual(a, b, mode) !== wanted)
          expect(`${inspect(a)} and ${inspect(b)}`).toBe(wanted ? 'equal' : 'different');
      }),
      { numRuns: Number(process.env['RUNS'] ?? 1_500) },
    );
    expect(equal).toBeGreaterThan(150);
  });

  it('decides as Node does on DataViews, in lists, sets and maps too', () => {
    const wraps = [(of: unknown) => of, (of: unknown) => [of], (of: unknown) => new Set([of, 1])];
    for (const wrap of [...wraps, (of: unknown) => new Map([[of, of]])]) {
      for (const first of dataViews) {
        for (const second of dataViews) {
          for (const mode of modes) {
            const [a, b] = [wrap(first()), wrap(second())];
            expect(deepEqual(a, b, mode)).toBe(equalInNode(mode, a, b));
          }
        }
      }
    }
  });

  it('decides as Node does on all small sets and maps of what `==` finds alike', () => {
    const primitives = [null, undefined, 0, 1, '1', '', NaN, true];
    const groups = primitives.flatMap((a) => [[a], ...primitives.map((b) => [a, b])]);
    const ofThree = [null, undefined].flatMap((a) => groups.slice(0, 18).map((some) => [...some, a, 7]));
    const sets = [...groups, ...ofThree].map((members) => new Set<unknown>(members));
    const maps = groups.map(
      (keys) => new Map<unknown, unknown>(keys.map((key, index) => [key, primitives[index]])),
    );
    const differing: string[] = [];
    for (const alike of [sets, maps]) {
      for (const a of alike) {
        for (const b of alike) {
          for (const mode of modes) {
            if (a.size === b.size && deepEqual(a, b, mode) !== equalInNode(mode, a, b))
              differing.push(`${mode}: ${inspect(a)} and ${inspect(b)}`);
          }
        }
      }
    }
    expect(differing).toEqual([]);
  });

  const long = (): object => {
    const circle: Record<string, unknown> = {};
    return Object.assign(circle, { a: { a: circle } });
  };
  const short = (): object => {
    const circle: Record<string, unknown> = {};
    return Object.assign(circle, { a: circle });
  };
  const around = (): object => {
    const circle: unknown[] = [1];
    circle.push(circle);
    return circle;
  };
  const flat: (() => object)[] = [() => ({ a: {} }), () => ({})];

  it('decides as Node does on pairs that enclose themselves, members of maps and sets too', () => {
    const all = [long, short, around, ...flat];
    for (const [w, x, y, z] of all.flatMap((w) =>
      all.flatMap((x) => all.flatMap((y) => all.map((z) => [w, x, y, z] as const))),
    )) {
      const pairs: [unknown, unknown][] = [
        [w(), x()],
        [new Map([w(), x()].map((key) => [key, 1])), new Map([y(), z()].map((key) => [key, 1]))],
        [new Set([w(), x()]), new Set([y(), z()])],
        [
          { a: w(), b: x() },
          { a: y(), b: z() },
        ],
      ];
      for (const [a, b] of pairs) {
        for (const mode of modes) expect(deepEqual(a, b, mode)).toBe(equalInNode(mode, a, b));
      }
    }
  });

  it('looks past prototypes where structure alone counts', () => {
    expect(deepEqual(Object.create(null), {}, 'structure')).toBe(true);
    expect(deepEqual(Object.create(null), {}, 'strict')).toBe(false);
    expect(deepEqual({ a: 1 }, { a: '1' }, 'structure')).toBe(false);
  });
});
