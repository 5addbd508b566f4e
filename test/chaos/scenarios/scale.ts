import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import { NAMES_VARIABLE } from '../preload/names-variable.ts';
import type { ChaosSystem } from '../system/chaos-system.ts';
import { readConfig } from '../system/drive-run.ts';
import { startRelay } from '../system/relay.ts';
import { untilHolds } from '../system/signals.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun, undisturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

const PRELOAD = fileURLToPath(new URL('../preload/names.ts', import.meta.url));
const NAME = 'generation.test';
const STAGE = 'sample-1';
/** Each replica behind a line that carries so much and no more, whatever the machine can do. */
const QUALITY = { delayMs: 400, bytesPerSecond: 250_000 };
const JOINING = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const POLL_MS = 100;
/** A replica that joins has work by then. */
const JOINED_MS = 30_000;
/** How much faster four are than one, at least: lanes are few, and their calls not all of one length. */
const FASTER = 2;

/** One question a call, and one call at a time for each replica: how many replicas there are is all that makes it faster. */
const config = JSON.stringify({
  ...(JSON.parse(readConfig('chaos-run.yaml')) as object),
  task: { name: 'programs', trainProblems: 120, loopQuestions: 72, testQuestions: 8, simulatorProblems: 1 },
  limits: { itemsPerCall: 1, concurrentCalls: 1 },
});

/** Generation goes from one replica to four and back while the run samples: they get work, the stage gets faster, nothing else. */
export async function scaledReplicas({ report }: ScenarioOptions): Promise<void> {
  const { outputs } = await undisturbedRun(config);
  await using started = new AsyncDisposableStack();
  const twins: RunningProgram[] = [];
  let names = '';
  let port = 0;
  const found: string[] = [];
  const faults = await disturbedRun(outputs, {
    config,
    options: (folder) => {
      names = join(folder, 'names.json');
      setNames(names, ['127.0.0.1']);
      return {
        preload: { orchestration: [PRELOAD] },
        env: { [NAMES_VARIABLE]: names },
        via: async (name, address) => {
          if (name !== 'generation') return address;
          const relay = started.use(await startRelay(address, QUALITY));
          port = Number(relay.address.split(':')[1]);
          return `dns:///${NAME}:${port}`;
        },
      };
    },
    before: async ({ artifacts }) => {
      while (twins.length < JOINING.length)
        twins.push(
          started.use(await startProgram('generation', ['--artifacts', artifacts, '--max-models', '2'])),
        );
    },
    during: async (system, signal) => {
      await untilAtWork(system, STAGE, signal);
      const alone = await rateOver(system, 8, signal);
      for (const [index, host] of JOINING.entries())
        started.use(await startRelay(twins[index]?.address ?? '', QUALITY, { host, port }));
      setNames(names, ['127.0.0.1', ...JOINING]);
      const since = performance.now();
      for (const twin of twins)
        while ((await callsOf(twin)) === 0) await sleep(POLL_MS, undefined, { signal });
      const joinedMs = performance.now() - since;
      if (joinedMs > JOINED_MS) throw new Error(`who joined got work after ${Math.round(joinedMs)} ms`);
      const together = await rateOver(system, 24, signal);
      if (together < FASTER * alone)
        throw new Error(`four make ${together} questions a second, one ${alone}`);
      setNames(names, ['127.0.0.1']);
      for (const twin of twins) await twin[Symbol.asyncDispose]();
      await rateOver(system, 1, signal);
      found.push(`work after ${(joinedMs / 1000).toFixed(1)} s, ${(together / alone).toFixed(1)} x as fast`);
    },
    after: () => (found.length > 0 ? [] : ['the stage was over before all of it had happened']),
  });
  const what = ['one replica of generation, then four, then one', ...found].join(': ');
  report(outcomesOf('scale', [{ what, when: `in ${STAGE}` }], faults));
}

function setNames(file: string, addresses: readonly string[]): void {
  writeFileSync(`${file}.new`, JSON.stringify({ [NAME]: addresses }));
  renameSync(`${file}.new`, file);
}

/** Calls that a replica has answered. */
async function callsOf({ metricsUrl }: RunningProgram): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  return Number(/^grpc_server_handled_total{.*grpc_method="Generate".*} (\d+)/m.exec(text)?.[1] ?? 0);
}

/** Questions a second, over so many of them. */
async function rateOver({ runs }: ChaosSystem, questions: number, signal: AbortSignal): Promise<number> {
  const journal = join(runs, 'disturbed/stages', `${STAGE}.jsonl`);
  const done = (): number => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length : 0);
  const first = done();
  const since = performance.now();
  await untilHolds(() => done() >= first + questions, signal);
  return (1000 * questions) / (performance.now() - since);
}
