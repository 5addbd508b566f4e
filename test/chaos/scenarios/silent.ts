import { join } from 'node:path';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import type { ServiceName } from '../system/chaos-system.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** The services that have a twin, and a stage in which the twin has work. */
const STAGE_OF = {
  generation: 'sample-1',
  execution: 'sample-1',
  simulation: 'label-1',
  verification: 'score-1',
} as const satisfies Partial<Record<ServiceName, string>>;

type Twin = keyof typeof STAGE_OF;

const isTwin = (name: ServiceName): name is Twin => name in STAGE_OF;

/**
 * Two of each service that answers calls, and one of each stopped for ever while it has work, as on a node that is lost: the run
 * goes on with the other one. NATS is stopped for ever too, before them: events are hints, and the run goes on without.
 */
export async function silentReplicas({ reference, report }: ScenarioOptions): Promise<void> {
  const twins = new Map<Twin, RunningProgram>();
  const stopped = new Set<Twin>();
  try {
    const faults = await disturbedRun(reference, {
      options: (folder) => ({
        via: async (name, address) => {
          if (!isTwin(name)) return address;
          const twin = await startProgram(name, flagsOf(name, join(folder, 'store'), twins));
          twins.set(name, twin);
          return `ipv4:${address},${twin.address}`;
        },
      }),
      during: async (system, signal) => {
        process.kill(system.pidOf('nats'), 'SIGSTOP');
        for (const [name, stage] of Object.entries(STAGE_OF) as [Twin, string][]) {
          if (!(await untilAtWork(system, stage, signal))) continue;
          twins.get(name)?.child.kill('SIGSTOP');
          stopped.add(name);
        }
      },
    });
    const disturbances = (Object.entries(STAGE_OF) as [Twin, string][]).map(([name, stage]) => ({
      ...{ what: `one of two: ${name}`, when: `for ever, from ${stage} on` },
      ...(stopped.has(name) || faults.length > 0 ? {} : { fault: 'the stage was over before' }),
    }));
    const nats = { what: 'the one of nats', when: 'for ever, from the start on' };
    report(outcomesOf('silent', [nats, ...disturbances], faults));
  } finally {
    for (const { child } of twins.values()) child.kill('SIGKILL');
  }
}

function flagsOf(name: Twin, store: string, twins: ReadonlyMap<Twin, RunningProgram>): string[] {
  if (name === 'execution') return ['--processes', '2', '--warm', ''];
  const common = ['--artifacts', store];
  if (name === 'generation') return [...common, '--max-models', '2'];
  return name === 'simulation' ? [...common, '--execution', twins.get('execution')?.address ?? ''] : common;
}
