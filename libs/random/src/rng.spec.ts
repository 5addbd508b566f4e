import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRng } from './rng.ts';

it('repeats bit for bit from the same seed', () => {
  const draw = () => {
    const rng = createRng('run/7');
    return [rng.uniform(), rng.integer(1000), rng.normal(), rng.shuffle([1, 2, 3, 4]), rng.pick(['a', 'b'])];
  };
  expect(draw()).toEqual(draw());
});

it('gives a child the same stream however much its parent was used', () => {
  const fresh = createRng(1).split('sample/3');
  const used = createRng(1);
  for (let i = 0; i < 100; i++) used.uniform();
  expect(used.split('sample/3').uniform()).toBe(fresh.uniform());
});

it('separates children by label', () => {
  const first = new Set(Array.from({ length: 10_000 }, (_, i) => createRng(1).split(`x/${i}`).uniform()));
  expect(first.size).toBe(10_000);
});

it('draws uniforms with the right mean and variance', () => {
  const rng = createRng(5);
  const draws = Array.from({ length: 100_000 }, () => rng.uniform());
  const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
  const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.005);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
});

it('keeps integers under their bound and shuffles as permutations', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 2 ** 32 }),
      fc.array(fc.integer()),
      (seed, bound, items) => {
        const rng = createRng(seed);
        const value = rng.integer(bound);
        expect(value >= 0 && value < bound && Number.isInteger(value)).toBe(true);
        expect(rng.shuffle(items).sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
      },
    ),
  );
});

it('refuses a bound that no integer satisfies', () => {
  expect(() => createRng(1).integer(0)).toThrow(RangeError);
  expect(() => createRng(1).pick([])).toThrow(RangeError);
});
