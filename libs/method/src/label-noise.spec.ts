import fc from 'fast-check';
import { expect, it } from 'vitest';
import { labelNoise } from './label-noise.ts';

const step = (stepIndex: number, ...reachedBy: number[]) => ({ stepIndex, rollouts: 4, reachedBy });

it('compares the labels of two halves and measures how divided roll-outs are', () => {
  const steps = [step(0, 0, 1, 2, 3), step(0, 0, 2), step(1, 0, 1), step(1)];
  const noise = labelNoise(steps, { rollouts: 4, tau: 0 });
  expect(noise?.all).toEqual({ steps: 4, halfAgreement: 0.75, entropy: 0.5 });
  expect(noise?.byPosition).toEqual([
    { stepIndex: 0, steps: 2, halfAgreement: 1, entropy: 0.5 },
    { stepIndex: 1, steps: 2, halfAgreement: 0.5, entropy: 0.5 },
  ]);
});

it('takes each half for itself, and with an odd N the last roll-out for none', () => {
  const agreement = (...reachedBy: number[]) =>
    labelNoise([step(0, ...reachedBy)], { rollouts: 4, tau: 0 })?.all.halfAgreement;
  expect(agreement(2, 3)).toBe(0);
  expect(agreement(0, 2)).toBe(1);
  expect(agreement(2)).toBe(0);
  const five = { stepIndex: 0, rollouts: 5, reachedBy: [0, 4] };
  expect(labelNoise([five], { rollouts: 5, tau: 0 })?.all.halfAgreement).toBe(0);
});

it('lists positions in their order, whatever the order of the steps', () => {
  const steps = [step(10, 0), step(2, 0), step(3, 0)];
  const noise = labelNoise(steps, { rollouts: 4, tau: 0 });
  expect(noise?.byPosition.map(({ stepIndex }) => stepIndex)).toEqual([2, 3, 10]);
});

it('asks more than half of tau of a half', () => {
  const steps = [step(0, 0, 1, 2)];
  expect(labelNoise(steps, { rollouts: 4, tau: 2 })?.all.halfAgreement).toBe(0);
  expect(labelNoise(steps, { rollouts: 4, tau: 1 })?.all.halfAgreement).toBe(1);
});

it('leaves steps out whose roll-outs stopped early, and says nothing of none', () => {
  const early = { stepIndex: 0, rollouts: 3, reachedBy: [0] };
  expect(labelNoise([early, step(1, 0)], { rollouts: 4, tau: 0 })?.all.steps).toBe(1);
  expect(labelNoise([early], { rollouts: 4, tau: 0 })).toBeUndefined();
  const single = { stepIndex: 0, rollouts: 1, reachedBy: [0] };
  expect(labelNoise([single], { rollouts: 1, tau: 0 })).toBeUndefined();
});

it('finds no noise where all roll-outs of every step are of one mind', () => {
  const unanimous = fc.array(fc.tuple(fc.nat(9), fc.boolean()), { minLength: 1 });
  fc.assert(
    fc.property(unanimous, fc.integer({ min: 2, max: 12 }), fc.nat(), (all, rollouts, seed) => {
      const every = Array.from({ length: rollouts }, (_, index) => index);
      const steps = all.map(([stepIndex, right]) => ({ stepIndex, rollouts, reachedBy: right ? every : [] }));
      const tau = seed % (rollouts - 1);
      expect(labelNoise(steps, { rollouts, tau })?.all).toMatchObject({ halfAgreement: 1, entropy: 0 });
    }),
  );
});
