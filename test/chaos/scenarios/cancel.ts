import { orchestration } from '@sipf/contracts';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosSystem, ServiceName } from '../system/chaos-system.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** Within which a cancelled run has ended and no service works for it any more. */
const STOP_MS = 5000;
/** What a service may use of a processor that has nothing to do, as a share. */
const IDLE_SHARE = 0.25;
const WATCH_MS = 2000;

interface Cancel {
  readonly stage: string;
  /** Who works in that stage. */
  readonly workers: readonly ServiceName[];
  readonly gauges: Readonly<Partial<Record<ServiceName, string>>>;
}

const OCCUPANCY = 'sipf_batch_occupancy';
const PROGRAMS = 'sipf_execution_programs{state="running"}';

/** Stages by what works in them. */
const CANCELS: readonly Cancel[] = [
  {
    ...{ stage: 'sft-0', workers: ['training'] },
    gauges: { training: 'sipf_training_jobs{state="running"}' },
  },
  {
    ...{ stage: 'sample-1', workers: ['generation', 'execution'] },
    gauges: { generation: OCCUPANCY, execution: PROGRAMS },
  },
  {
    ...{ stage: 'label-1', workers: ['simulation', 'execution'] },
    gauges: { simulation: OCCUPANCY, execution: PROGRAMS },
  },
  { ...{ stage: 'score-1', workers: ['verification'] }, gauges: { verification: OCCUPANCY } },
];

/** Cancels the run in stage after stage; whoever worked for it is idle within seconds, and the run can be resumed. */
export async function cancelled({ reference, report }: ScenarioOptions): Promise<void> {
  const met = new Map<Cancel, readonly string[]>();
  const faults = await disturbedRun(reference, {
    isResumed: true,
    during: async (system, signal) => {
      for (const cancel of CANCELS) {
        if (!(await untilAtWork(system, cancel.stage, signal))) continue;
        met.set(cancel, await cancelOnce(system, cancel));
        await system.client.resumeRun({ runId: 'disturbed' }, { signal });
      }
    },
  });
  const disturbances = CANCELS.map((cancel) => ({
    ...{ what: `the run, ${cancel.workers.join(' and ')} at work`, when: `cancelled in ${cancel.stage}` },
    fault:
      met.has(cancel) || faults.length > 0
        ? met.get(cancel)?.join(', ') || undefined
        : 'the stage was over before',
  }));
  report(outcomesOf('cancel', disturbances, faults));
}

/** @returns what continues although nobody wants it */
async function cancelOnce(system: ChaosSystem, { workers, gauges }: Cancel): Promise<string[]> {
  const began = performance.now();
  const { run } = await system.client.cancelRun({ runId: 'disturbed' }, { deadlineMs: 60_000 });
  const tookMs = performance.now() - began;
  const faults: string[] = [];
  if (run?.state !== orchestration.RunState.CANCELLED)
    faults.push(`the run is in state ${run?.state ?? 'none'}`);
  if (tookMs > STOP_MS) faults.push(`the cancel took ${Math.round(tookMs)} ms`);
  await sleep(Math.max(0, STOP_MS - tookMs));
  for (const [name, gauge] of Object.entries(gauges) as [ServiceName, string][]) {
    const value = await readGauge(system, name, gauge);
    if (value !== 0) faults.push(`${gauge} of ${name} is ${value}`);
  }
  const before = workers.map((name) => cpuMs(system.pidOf(name)));
  await sleep(WATCH_MS);
  workers.forEach((name, at) => {
    const share = (cpuMs(system.pidOf(name)) - (before[at] ?? 0)) / WATCH_MS;
    if (share > IDLE_SHARE) faults.push(`${name} uses ${Math.round(share * 100)} % of a processor`);
  });
  return faults;
}

async function readGauge({ services }: ChaosSystem, name: ServiceName, gauge: string): Promise<number> {
  const text = await (await fetch(`${services.get(name)?.metricsUrl ?? ''}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${gauge} `));
  return Number(line?.slice(gauge.length));
}

/** Processor time of a process so far; Linux counts ticks of 10 ms. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
