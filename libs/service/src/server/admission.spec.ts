import { expect, it } from 'vitest';
import { createAdmission } from './admission.ts';

/** An admission of two places whose calls take `callMs` each, one ending after the other. */
function saturated({ callMs, random = () => 0 }: { callMs: number; random?: () => number }) {
  const clock = { ms: 0 };
  const admission = createAdmission({ maxCalls: 2, now: () => clock.ms, random });
  const inside = [admission.enter(), admission.enter()];
  for (let call = 0; call < 100; call++) {
    clock.ms += callMs;
    inside.shift()?.();
    inside.push(admission.enter());
  }
  return { admission, clock, inside };
}

it('lets in as many as there are places, and each gives its place back once', () => {
  const { admission, inside } = saturated({ callMs: 10 });
  expect(admission.enter()).toBeUndefined();
  inside[0]?.();
  inside[0]?.();
  expect(admission.enter()).toBeTypeOf('function');
  expect(admission.enter()).toBeUndefined();
});

it('sends refused calls away one after the other, as places become free', () => {
  const { admission } = saturated({ callMs: 300 });
  const told = [admission.retryAfterMs(), admission.retryAfterMs(), admission.retryAfterMs()];
  [300, 600, 900].forEach((ms, at) => {
    expect(told[at]).toBeCloseTo(ms, -1);
  });
});

it('forgets the line when its time is over, and tells nobody to wait for long', () => {
  const { admission, clock } = saturated({ callMs: 1000 });
  const told = Array.from({ length: 50 }, () => admission.retryAfterMs());
  expect(Math.max(...told)).toBeLessThanOrEqual(5000);
  clock.ms += 60_000;
  expect(admission.retryAfterMs()).toBeCloseTo(1000, -1);
});

it('adds to each time by chance, and has no time below a tenth of a second', () => {
  let draw = 0;
  const { admission, clock } = saturated({ callMs: 400, random: () => draw });
  const first = admission.retryAfterMs();
  clock.ms += 60_000;
  draw = 0.999;
  expect(admission.retryAfterMs()).toBeGreaterThan(1.2 * first);
  expect(saturated({ callMs: 1 }).admission.retryAfterMs()).toBe(100);
});
