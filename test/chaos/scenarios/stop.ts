import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosSystem, VictimName } from '../system/chaos-system.ts';
import { lookAtRun } from '../system/drive-run.ts';
import { childrenOf, untilHolds } from '../system/signals.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

const LOOK_MS = 500;
const STOPPED_MS = 30_000;
/** A run says by then what it waits for. */
const SAID_MS = 60_000;
/** Whom the run calls, and waits for. */
const CALLED: readonly Stop['what'][] = ['training', 'generation', 'simulation', 'verification'];

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

/**
 * Stops processes for 30 s, or until the run has ended, as a machine that swaps, a debugger or a hypervisor does; a service that
 * it calls until the run says that it waits for that, within a minute.
 */
export async function stopForAWhile({ reference, report }: ScenarioOptions): Promise<void> {
  for (const stops of RUNS) {
    const met = new Set<Stop>();
    const faults = await disturbedRun(reference, {
      during: async (system, signal) => {
        for (const stop of stops) {
          if (!(await untilAtWork(system, stop.stage, signal))) continue;
          const pids = await pidsOf(system, stop.what, signal);
          met.add(stop);
          const enough = CALLED.includes(stop.what)
            ? untilSaid(system, stop.what, signal)
            : sleep(STOPPED_MS, undefined, { signal });
          await holdStopped(pids, enough);
        }
      },
    });
    const disturbances = stops.map((stop) => ({
      ...{
        what: stop.what,
        when: `${CALLED.includes(stop.what) ? 'until the run says so' : '30 s'} in ${stop.stage}`,
      },
      ...(met.has(stop) || faults.length > 0 ? {} : { fault: 'the stage was over before' }),
    }));
    report(outcomesOf('stop', disturbances, faults));
  }
}

async function holdStopped(pids: readonly number[], enough: Promise<void>): Promise<void> {
  const send = (name: NodeJS.Signals): void => {
    for (const pid of pids) process.kill(pid, name);
  };
  send('SIGSTOP');
  await enough.finally(() => {
    send('SIGCONT');
  });
}

/** Waits until the run says that a service does not answer. @throws Error after a minute */
async function untilSaid(system: ChaosSystem, service: string, signal: AbortSignal): Promise<void> {
  const since = performance.now();
  for (;;) {
    const { failure } = await lookAtRun(system, 'disturbed', signal);
    if (failure.includes(`the ${service} service`)) return;
    if (performance.now() - since > SAID_MS)
      throw new Error(`the run does not say within a minute that it waits for ${service}: "${failure}"`);
    await sleep(LOOK_MS, undefined, { signal });
  }
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
