import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosSystem, VictimName } from '../system/chaos-system.ts';
import { childrenOf, untilHolds } from '../system/signals.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

const STOPPED_MS = 30_000;

interface Stop {
  readonly what: VictimName | 'sandbox children' | 'everything';
  /** In which stage; one that the victim has work in. */
  readonly stage: string;
}

/** The stops of a run, one after the other. */
const RUNS: readonly (readonly Stop[])[] = [
  [
    { what: 'training', stage: 'sft-0' },
    { what: 'generation', stage: 'sample-1' },
    { what: 'simulation', stage: 'label-1' },
    { what: 'verification', stage: 'score-1' },
  ],
  [
    { what: 'orchestration', stage: 'sample-1' },
    { what: 'execution', stage: 'label-1' },
    { what: 'sandbox children', stage: 'evaluate-1' },
  ],
  // Alone: the run need not wait for NATS, and may be over before it continues.
  [{ what: 'nats', stage: 'sft-0' }],
  [{ what: 'everything', stage: 'sample-1' }],
];

/** Stops processes for 30 s, or until the run has ended, as a machine that swaps, a debugger or a hypervisor does. */
export async function stopForAWhile({ reference, report }: ScenarioOptions): Promise<void> {
  for (const stops of RUNS) {
    const met = new Set<Stop>();
    const faults = await disturbedRun(reference, {
      during: async (system, signal) => {
        for (const stop of stops) {
          if (!(await untilAtWork(system, stop.stage, signal))) continue;
          const pids = await pidsOf(system, stop.what, signal);
          met.add(stop);
          await holdStopped(pids, signal);
        }
      },
    });
    const disturbances = stops.map((stop) => ({
      ...{ what: stop.what, when: `30 s in ${stop.stage}` },
      ...(met.has(stop) || faults.length > 0 ? {} : { fault: 'the stage was over before' }),
    }));
    report(outcomesOf('stop', disturbances, faults));
  }
}

async function holdStopped(pids: readonly number[], signal: AbortSignal): Promise<void> {
  const send = (name: NodeJS.Signals): void => {
    for (const pid of pids) process.kill(pid, name);
  };
  send('SIGSTOP');
  await sleep(STOPPED_MS, undefined, { signal }).finally(() => {
    send('SIGCONT');
  });
}

async function pidsOf(system: ChaosSystem, what: Stop['what'], signal: AbortSignal): Promise<number[]> {
  if (what === 'sandbox children') {
    await untilHolds(() => childrenOf(system.pidOf('execution')).length > 0, signal);
    return childrenOf(system.pidOf('execution'));
  }
  if (what !== 'everything') return [system.pidOf(what)];
  const services = [...system.services.values()].map(({ pid }) => pid);
  return [...services, ...childrenOf(system.pidOf('execution')), system.nats.pid];
}
