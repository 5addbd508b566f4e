import { ITERATION_STAGES, iterationSubject } from '@sipf/contracts';
import { listenToRun } from '../system/listener.ts';
import { killVictim, untilHolds } from '../system/signals.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** For events that wait in the log while the server is away, in milliseconds. */
const ARRIVAL_MS = 15_000;
const SUBJECTS = ITERATION_STAGES.map((stage) =>
  iterationSubject({ runId: 'disturbed', iteration: 1, stage }),
);

/** Kills nats-server and takes its volume; the events of all boundaries still reach who listens. */
export async function lostVolume({ reference, report }: ScenarioOptions): Promise<void> {
  const heard = new Set<string>();
  await using listening = new AsyncDisposableStack();
  const faults = await disturbedRun(reference, {
    before: async (system) => {
      const bus = await listenToRun(system, ({ subject }) => heard.add(subject));
      listening.defer(() => bus.close());
    },
    during: async (system, signal) => {
      await untilAtWork(system, 'sample-1', signal);
      system.nats.loseStore();
      await killVictim(system, 'nats', signal);
    },
    after: async (system) => {
      const missing = (): string[] => SUBJECTS.filter((subject) => !heard.has(subject));
      await untilHolds(() => missing().length === 0, AbortSignal.timeout(ARRIVAL_MS)).catch(() => undefined);
      const lost = missing().map((subject) => `nobody heard ${subject}`);
      return system.restartsOf('nats') > 0 ? lost : ['nats-server was not killed', ...lost];
    },
  });
  report(outcomesOf('nats', [{ what: 'nats and its volume', when: 'in sample-1' }], faults));
}
