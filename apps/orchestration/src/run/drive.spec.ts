import type { StageResult } from '@sipf/runs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drive, type PlannedStage } from './drive.ts';

const result = (n: number): StageResult => ({ outputs: {}, counts: { n }, figures: {} });
const never = new AbortController().signal;

/** Every stage may need any earlier ones. */
const plans = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).map((needs) =>
  needs.map((list, index): PlannedStage => ({
    id: `s${index}`,
    after: index === 0 ? [] : [...new Set(list.map((n) => `s${n % index}`))],
  })),
);

it('runs every stage once, after its needs, within the bound', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.integer({ min: 1, max: 4 }), async (plan, concurrency) => {
      const finished: string[] = [];
      let atWork = 0;
      await drive(plan, {
        completed: new Map(),
        concurrency,
        signal: never,
        run: async (stage) => {
          atWork++;
          expect(atWork).toBeLessThanOrEqual(concurrency);
          expect(stage.after.every((id) => finished.includes(id))).toBe(true);
          await new Promise(setImmediate);
          atWork--;
          finished.push(stage.id);
          return result(finished.length);
        },
      });
      expect(finished.toSorted()).toEqual(plan.map(({ id }) => id).toSorted());
    }),
    { numRuns: 50 },
  );
});

it('does not run again what was completed', async () => {
  const ran: string[] = [];
  const plan = [
    { id: 'a', after: [] },
    { id: 'b', after: ['a'] },
  ];
  const results = await drive(plan, {
    completed: new Map([['a', result(7)]]),
    concurrency: 2,
    signal: never,
    run: (stage, known) => {
      ran.push(stage.id);
      return Promise.resolve(result((known.get('a')?.counts['n'] ?? 0) + 1));
    },
  });
  expect(ran).toEqual(['b']);
  expect(results.get('b')).toEqual(result(8));
});

it('stops the others at the first failure and throws it', async () => {
  const plan = [
    { id: 'fails', after: [] },
    { id: 'waits', after: [] },
    { id: 'later', after: ['waits'] },
  ];
  const ran: string[] = [];
  const driven = drive(plan, {
    completed: new Map(),
    concurrency: 2,
    signal: never,
    run: async (stage, _known, signal) => {
      ran.push(stage.id);
      if (stage.id === 'fails') throw new Error('broken');
      return await new Promise<StageResult>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('stopped'));
        });
      });
    },
  });
  await expect(driven).rejects.toThrow('broken');
  expect(ran).toEqual(['fails', 'waits']);
});

it('refuses a plan that waits for itself', async () => {
  const plan = [{ id: 'a', after: ['a'] }];
  const driven = drive(plan, {
    completed: new Map(),
    concurrency: 1,
    signal: never,
    run: () => Promise.resolve(result(0)),
  });
  await expect(driven).rejects.toThrow(/never start: a/);
});
