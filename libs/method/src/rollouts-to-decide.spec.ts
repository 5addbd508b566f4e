import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Outcome } from './path.ts';
import { rolloutsToDecide } from './rollouts-to-decide.ts';
import { stepLabel } from './step-labels.ts';

const sequences = (...of: Outcome[]) =>
  fc.array(fc.constantFrom(...of), {
    minLength: 1,
    maxLength: 20,
  });

/** Draws in rounds, as a simulator does. @returns how many were drawn */
function drawn(all: readonly Outcome[], tau: number): number {
  let count = 0;
  for (;;) {
    const more = rolloutsToDecide(all.slice(0, count), { rollouts: all.length, tau });
    if (more === 0) return count;
    count += more;
  }
}

it('stops with the hard label of all roll-outs, never after more than all', () => {
  fc.assert(
    fc.property(sequences('correct', 'wrong', 'unknown'), fc.nat(), (all, seed) => {
      const tau = seed % all.length;
      const used = drawn(all, tau);
      expect(used).toBeLessThanOrEqual(all.length);
      expect(stepLabel(all.slice(0, used), tau).hard).toBe(stepLabel(all, tau).hard);
    }),
  );
});

it('draws none that the label does not need, where every outcome is known', () => {
  fc.assert(
    fc.property(sequences('correct', 'wrong'), fc.nat(), (all, seed) => {
      const tau = seed % all.length;
      const before = all.slice(0, drawn(all, tau) - 1);
      const filled = (rest: Outcome) => [...before, ...all.slice(before.length).map(() => rest)];
      const labels = (['correct', 'wrong'] as const).map((rest) => stepLabel(filled(rest), tau).hard);
      expect(labels[0]).not.toBe(labels[1]);
    }),
  );
});

it.each([
  [[], 1],
  [['wrong', 'wrong'], 1],
  [['wrong', 'correct'], 0],
] as const)('after %j one hit is enough where tau is 0', (before, more) => {
  expect(rolloutsToDecide(before, { rollouts: 8, tau: 0 })).toBe(more);
});

it('asks for as many as could decide at once', () => {
  expect(rolloutsToDecide([], { rollouts: 8, tau: 3 })).toBe(4);
  expect(rolloutsToDecide([], { rollouts: 8, tau: 6 })).toBe(2);
  expect(rolloutsToDecide(['wrong', 'wrong', 'wrong', 'wrong', 'correct'], { rollouts: 8, tau: 3 })).toBe(1);
});

it('asks for none where unknown outcomes keep the label open whatever the rest are', () => {
  // One of three is left and two must reach: a hit leaves it at one and two unknown, a miss at none and two unknown.
  expect(rolloutsToDecide(['unknown', 'unknown'], { rollouts: 3, tau: 1 })).toBe(0);
  expect(rolloutsToDecide(['unknown'], { rollouts: 3, tau: 1 })).toBe(2);
});
