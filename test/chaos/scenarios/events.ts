import type { EventBus, ReceivedEvent } from '@sipf/events';
import { createRng, type Rng } from '@sipf/random';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenToRun } from '../system/listener.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** Of every event, beside itself. */
const COPIES = 3;
const LONGEST_DELAY_MS = 8000;
/** A copy has this in its id; copies of copies are not made. */
const COPY = '/copy/';

/** Publishes every event of the run again, several times and late, so that services hear of needs that are long past. */
export async function repeatedEvents({ reference, seed, report }: ScenarioOptions): Promise<void> {
  const rng = createRng(`chaos/events/${seed}`);
  let published = 0;
  const stop = new AbortController();
  await using listening = new AsyncDisposableStack();
  const repeat = async (event: ReceivedEvent, bus: EventBus, draws: Rng): Promise<void> => {
    for (let copy = 0; copy < COPIES; copy++) {
      await sleep(draws.integer(LONGEST_DELAY_MS), undefined, { signal: stop.signal });
      await bus.publish({ ...event, id: `${event.id}${COPY}${copy}` });
      published += 1;
    }
  };
  const faults = await disturbedRun(reference, {
    before: async (system) => {
      const bus = await listenToRun(system, (event, publisher) => {
        if (event.id.includes(COPY)) return;
        repeat(event, publisher, rng.split(event.id)).catch(() => undefined);
      });
      listening.defer(() => bus.close());
    },
    after: () => (published > 0 ? [] : ['no event was published again']),
  });
  stop.abort();
  const when = `${published} copies, up to ${(LONGEST_DELAY_MS * COPIES) / 1000} s late`;
  report(outcomesOf('events', [{ what: 'events', when }], faults));
}
