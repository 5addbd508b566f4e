import { expect, it } from 'vitest';
import { createAdmission, type Admission } from './admission.ts';

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
  const told = [admission.refuse(), admission.refuse(), admission.refuse()];
  [300, 600, 900].forEach((ms, at) => {
    expect(told[at]).toBeCloseTo(ms, -1);
  });
});

it('forgets the line when its time is over, and tells nobody to wait for long', () => {
  const { admission, clock } = saturated({ callMs: 1000 });
  const told = Array.from({ length: 50 }, () => admission.refuse());
  expect(Math.max(...told)).toBeLessThanOrEqual(5000);
  clock.ms += 60_000;
  expect(admission.refuse()).toBeCloseTo(1000, -1);
});

it('adds to each time by chance, and has no time below a tenth of a second', () => {
  let draw = 0;
  const { admission, clock } = saturated({ callMs: 400, random: () => draw });
  const first = admission.refuse();
  clock.ms += 60_000;
  draw = 0.999;
  expect(admission.refuse()).toBeGreaterThan(1.2 * first);
  expect(saturated({ callMs: 1 }).admission.refuse()).toBe(100);
});

it('keeps a place for whoever comes back as told, from those who come new, and no longer than that', () => {
  const { admission, clock, inside } = saturated({ callMs: 300 });
  const told = admission.refuse();
  inside.shift()?.();
  clock.ms += told;
  expect(admission.enter()).toBeUndefined();
  const leave = admission.enter(1);
  expect(leave).toBeTypeOf('function');
  // It has come: nobody else is waited for.
  leave?.();
  expect(admission.enter()).toBeTypeOf('function');
  inside.shift()?.();
  admission.refuse();
  clock.ms += 10_000;
  expect(admission.hasRoom()).toBe(true);
});

it('keeps half of the places at most, so that callers who stay away stop nobody', () => {
  const clock = { ms: 0 };
  const admission = createAdmission({ maxCalls: 4, now: () => clock.ms, random: () => 0 });
  const inside = Array.from({ length: 4 }, () => admission.enter());
  const told = Array.from({ length: 4 }, () => admission.refuse());
  for (const leave of inside.slice(1)) leave?.();
  clock.ms += Math.max(...told);
  const second = admission.enter();
  expect(second).toBeTypeOf('function');
  expect(admission.enter()).toBeUndefined();
  // Once all places are free, all may be taken at once.
  inside[0]?.();
  second?.();
  expect(Array.from({ length: 4 }, () => admission.enter())).not.toContain(undefined);
});

/** Callers that ask again as soon as they are answered, at a service that answers one after the other. */
class Crowd {
  readonly waitsMs: number[] = [];
  ms = 0;
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];
  #draws = 0;
  readonly #admission: Admission;
  readonly #callMs: number;
  /** When the service has answered everyone inside. */
  #doneAt = 0;

  constructor({ places, callers, callMs }: { places: number; callers: number; callMs: number }) {
    this.#callMs = callMs;
    this.#admission = createAdmission({
      maxCalls: places,
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
      const told = this.#admission.refuse(attempts);
      this.#later(told * (1 + this.#uniform() / 4), () => {
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
  { places: 64, callers: 80, callMs: 30 },
  { places: 64, callers: 128, callMs: 30 },
  { places: 64, callers: 512, callMs: 30 },
  { places: 64, callers: 128, callMs: 1 },
  { places: 4, callers: 8, callMs: 300 },
])('starves none of $callers callers of $places places, and leaves no time unused', (options) => {
  const crowd = new Crowd(options);
  const durationMs = 4000 * options.callMs;
  crowd.runFor(durationMs);
  // Where everyone waits for everyone else once.
  const fairMs = options.callers * options.callMs;
  expect(Math.max(...crowd.waitsMs)).toBeLessThan(2 * fairMs);
  expect(crowd.waitsMs.length).toBeGreaterThan(0.99 * (durationMs / options.callMs));
});
