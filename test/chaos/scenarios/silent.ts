import { Twins, TWINS, type Twin } from '../system/twins.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/**
 * Two of each service that answers calls, and one of each stopped for ever while it has work, as on a node that is lost: the run
 * goes on with the other one. NATS is stopped for ever too, before them: events are hints, and the run goes on without.
 */
export async function silentReplicas({ reference, report }: ScenarioOptions): Promise<void> {
  using twins = new Twins();
  const stopped = new Set<Twin>();
  const faults = await disturbedRun(reference, {
    options: (folder) => ({ via: twins.via(folder) }),
    during: async (system, signal) => {
      process.kill(system.pidOf('nats'), 'SIGSTOP');
      for (const [name, stage] of Object.entries(TWINS) as [Twin, string][]) {
        if (!(await untilAtWork(system, stage, signal))) continue;
        twins.stop(name);
        stopped.add(name);
      }
    },
  });
  const disturbances = (Object.entries(TWINS) as [Twin, string][]).map(([name, stage]) => ({
    ...{ what: `one of two: ${name}`, when: `for ever, from ${stage} on` },
    ...(stopped.has(name) || faults.length > 0 ? {} : { fault: 'the stage was over before' }),
  }));
  const nats = { what: 'the one of nats', when: 'for ever, from the start on' };
  report(outcomesOf('silent', [nats, ...disturbances], faults));
}
