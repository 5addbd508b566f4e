import { createClient } from '@sipf/service';
import { HealthDefinition } from 'nice-grpc-server-health';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProgram } from '../../support/start-program.ts';
import { quantile } from './clients.ts';

/** What was seen of a service while it worked. */
export interface Watched {
  /** Event-loop delay of the service since the last look, p99 and longest, in milliseconds. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Health checks, one after the other every 100 ms: p99 of their time in milliseconds. */
  readonly healthP99Ms: number;
  readonly residentMiB: number;
  /** Calls that were refused with a retry time. */
  readonly refused: number;
  /** Processor seconds of the service per second. */
  readonly cores: number;
}

const REFUSED = 'sipf_calls_refused_total';

/** Looks at a service while `work` continues. */
export async function watched<T>(program: RunningProgram, work: Promise<T>): Promise<readonly [T, Watched]> {
  using health = createClient(HealthDefinition, program.address);
  const checks: number[] = [];
  const over = new AbortController();
  const started = performance.now();
  const before = await metrics(program);
  const cpu = cpuSeconds(program);
  const checking = (async () => {
    while (!over.signal.aborted) {
      const asked = performance.now();
      await health.check({ service: '' }, { deadlineMs: 10_000 });
      checks.push(performance.now() - asked);
      await sleep(100);
    }
  })();
  const result = await work;
  over.abort();
  await checking;
  const values = await metrics(program);
  const seconds = (performance.now() - started) / 1000;
  const number = (name: string): number => values.get(name) ?? NaN;
  return [
    result,
    {
      loopP99Ms: 1000 * number('nodejs_eventloop_lag_p99_seconds'),
      loopMaxMs: 1000 * number('nodejs_eventloop_lag_max_seconds'),
      healthP99Ms: quantile(
        checks.sort((a, b) => a - b),
        0.99,
      ),
      refused: number(REFUSED) - (before.get(REFUSED) ?? NaN),
      residentMiB: number('process_resident_memory_bytes') / 2 ** 20,
      cores: (cpuSeconds(program) - cpu) / seconds,
    },
  ];
}

/** The service's metrics without labels; reading them begins a new interval of its event-loop delays. */
async function metrics({ metricsUrl }: RunningProgram): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}

/** Of all its threads, as Linux counts them: hundredths of a second. */
function cpuSeconds({ child }: RunningProgram): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
