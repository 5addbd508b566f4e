import { expect, it } from 'vitest';
import { createAdmission, type Admission } from './admission.ts';

/** An admission of two slots whose calls take `callMs` each, one ending after the other. */
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

it('admits as many calls as there are slots, and each frees its slot once', () => {
  const { admission, inside } = saturated({ callMs: 10 });
  expect(admission.enter()).toBeUndefined();
  inside[0]?.();
  inside[0]?.();
  expect(admission.enter()).toBeTypeOf('function');
  expect(admission.enter()).toBeUndefined();
});

it('spreads the hints of refused calls by the rate at which slots become free', () => {
  const { admission } = saturated({ callMs: 300 });
  const hints = [admission.refuse(), admission.refuse(), admission.refuse()];
  [300, 600, 900].forEach((ms, at) => {
    expect(hints[at]).toBeCloseTo(ms, -1);
  });
});

it('forgets refused calls when their time is over, and bounds the hints', () => {
  const { admission, clock } = saturated({ callMs: 1000 });
  const hints = Array.from({ length: 50 }, () => admission.refuse());
  expect(Math.max(...hints)).toBeLessThanOrEqual(5000);
  clock.ms += 60_000;
  expect(admission.refuse()).toBeCloseTo(1000, -1);
});

it('adds jitter to each hint, and gives none below a tenth of a second', () => {
  let draw = 0;
  const { admission, clock } = saturated({ callMs: 400, random: () => draw });
  const first = admission.refuse();
  clock.ms += 60_000;
  draw = 0.999;
  expect(admission.refuse()).toBeGreaterThan(1.2 * first);
  expect(saturated({ callMs: 1 }).admission.refuse()).toBe(100);
});

it('reserves a slot for a caller who returns when hinted, and no longer than that', () => {
  const { admission, clock, inside } = saturated({ callMs: 300 });
  const hint = admission.refuse();
  inside.shift()?.();
  clock.ms += hint;
  expect(admission.enter()).toBeUndefined();
  const leave = admission.enter(1);
  expect(leave).toBeTypeOf('function');
  // It has returned: no slot is reserved any more.
  leave?.();
  expect(admission.enter()).toBeTypeOf('function');
  inside.shift()?.();
  admission.refuse();
  clock.ms += 10_000;
  expect(admission.hasRoom()).toBe(true);
});

it('reserves at most half of the slots, so that absent callers block no one', () => {
  const clock = { ms: 0 };
  const admission = createAdmission({ maxCalls: 4, now: () => clock.ms, random: () => 0 });
  const inside = Array.from({ length: 4 }, () => admission.enter());
  const hints = Array.from({ length: 4 }, () => admission.refuse());
  for (const leave of inside.slice(1)) leave?.();
  clock.ms += Math.max(...hints);
  const second = admission.enter();
  expect(second).toBeTypeOf('function');
  expect(admission.enter()).toBeUndefined();
  // Once all slots are free, all may be taken at once.
  inside[0]?.();
  second?.();
  expect(Array.from({ length: 4 }, () => admission.enter())).not.toContain(undefined);
});

/** Callers that call again as soon as they are answered, at a service that answers one call after the other. */
class Crowd {
  readonly waitsMs: number[] = [];
  ms = 0;
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];
  #draws = 0;
  readonly #admission: Admission;
  readonly #callMs: number;
  /** When the service has answered everyone inside. */
  #doneAt = 0;

  constructor({ slots, callers, callMs }: { slots: number; callers: number; callMs: number }) {
    this.#callMs = callMs;
    this.#admission = createAdmission({
      maxCalls: slots,
      now: () => this.ms,
      random: () => this.#uniform(),
    });
    for (let caller = 0; caller < callers; caller++)
      this.#later(caller, () => {
        this.#ask(this.ms, 0);
      });
  }

  runFor(durationMs: number): void {
    while (this.ms < durationMs) {
      const next = this.#events.reduce((first, event) => (event.at < first.at ? event : first));
      this.#events.splice(this.#events.indexOf(next), 1);
      this.ms = next.at;
      next.run();
    }
  }

  #ask(since: number, attempts: number): void {
    const leave = this.#admission.enter(attempts);
    if (leave === undefined) {
      const hint = this.#admission.refuse(attempts);
      this.#later(hint * (1 + this.#uniform() / 4), () => {
        this.#ask(since, attempts + 1);
      });
      return;
    }
    this.#doneAt = Math.max(this.#doneAt, this.ms) + this.#callMs;
    this.#later(this.#doneAt - this.ms, () => {
      leave();
      this.waitsMs.push(this.ms - since);
      this.#later(0.5, () => {
        this.#ask(this.ms, 0);
      });
    });
  }

  /** Multiples of the golden ratio: as good as chance here, and the same every time. */
  #uniform(): number {
    return (this.#draws++ * 0.618_033_988_75) % 1;
  }

  #later(afterMs: number, run: () => void): void {
    this.#events.push({ at: this.ms + afterMs, run });
  }
}

it.each([
  { slots: 64, callers: 80, callMs: 30 },
  { slots: 64, callers: 128, callMs: 30 },
  { slots: 64, callers: 512, callMs: 30 },
  { slots: 64, callers: 128, callMs: 1 },
  { slots: 4, callers: 8, callMs: 300 },
])('starves none of $callers callers of $slots slots, and leaves no time unused', (options) => {
  const crowd = new Crowd(options);
  const durationMs = 4000 * options.callMs;
  crowd.runFor(durationMs);
  // The fair turn: every caller waits for every other one once.
  const fairMs = options.callers * options.callMs;
  expect(Math.max(...crowd.waitsMs)).toBeLessThan(2 * fairMs);
  expect(crowd.waitsMs.length).toBeGreaterThan(0.99 * (durationMs / options.callMs));
});
