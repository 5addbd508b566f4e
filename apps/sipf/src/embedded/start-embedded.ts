import { BOUNDS, NO_SERVICE, SERVICE_OF_PART, type EnginePart } from '@sipf/contracts';
import {
  identityOf,
  placeHere,
  removeRunProcesses,
  runLayout,
  type RunLayout,
  type RunProcesses,
  writeRunProcesses,
} from '@sipf/runs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { programOf, type ServiceName } from '../repository.ts';
import { markServices } from '../runs/marked-processes.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { Terminal } from '../terminal.ts';
import type { EngineFlags } from './engine-flags.ts';
import { serviceEnvironment } from './service-environment.ts';
import { startDashboard } from './start-dashboard.ts';
import { startNats } from './start-nats.ts';
import { threadsByDefault } from './threads-by-default.ts';

/** How much of the machine the services take. */
export interface EmbeddedSettings {
  readonly runs: string;
  readonly runId: string;
  /** Sampling and labelling workers, each with a copy of its model. */
  readonly workers: number;
  /** Threads of a worker and of a training job. @default as threadsByDefault */
  readonly threads?: number | undefined;
  /** Whether programs are to be tested, so that the execution service is needed. */
  readonly testsPrograms: boolean;
  /** The parts of a run's work that services are started for. @default all */
  readonly parts?: readonly EnginePart[] | undefined;
  /** What the run's engines set of each service. */
  readonly engines: EngineFlags;
  /** Folder where runs leave what their stages made for each other; each makes its own where absent. */
  readonly stageCache?: string;
  /** Whether the run has a web page. */
  readonly dashboard: boolean;
}

/** The services of one run, on this machine. */
export interface EmbeddedServices extends AsyncDisposable {
  /** `host:port` of the orchestrator. */
  readonly orchestration: string;
  /** Rejects when a service died too often. */
  readonly failed: Promise<never>;
}

/** Longest time of one call: a training job is watched in one call, however long it takes. */
const MAX_CALL_MS = String(BOUNDS.timeoutMs.max);

/**
 * Starts NATS and the services that a run needs, on free ports of loopback, with all their files in the run's folder.
 * They are stopped when the result is disposed of, and ended at once when `kill` aborts.
 * @throws SipfError `unavailable` when a service does not start; AbortError
 */
export async function startEmbedded(
  settings: EmbeddedSettings,
  {
    env,
    signal,
    kill,
    note,
  }: Pick<Terminal, 'env' | 'signal' | 'kill'> & { readonly note: (text: string) => void },
): Promise<EmbeddedServices> {
  const layout = runLayout(settings.runs, settings.runId);
  const { mark, env: marked } = markServices();
  const record = recordProcesses(layout, mark);
  const environment = { ...serviceEnvironment(env), ...marked };
  const supervisor = new Supervisor({
    env: environment,
    note,
    onProcesses: (children) => {
      record({ children: children.map(({ name, pid }) => ({ name, ...identityOf(pid) })) });
    },
  });
  // Of its own: a page that dies is no reason for the run to end.
  const pages = new Supervisor({ env: environment, note });
  const killAll = (): void => {
    pages.kill();
    supervisor.kill();
  };
  kill.addEventListener('abort', killAll, { once: true });
  let page: Promise<unknown> | undefined;
  const stopped = new AbortController();
  const stop = async (): Promise<void> => {
    stopped.abort();
    await page;
    await pages.stop();
    await supervisor.stop();
    kill.removeEventListener('abort', killAll);
    await removeRunProcesses(layout.processes);
  };
  try {
    const natsUrl = await startNats({ layout, supervisor, env, signal, note });
    // Other users of the machine see flags, and the address may hold a password.
    const natsFor = natsUrl === undefined ? {} : { SIPF_NATS_URL: natsUrl };
    const start = async (name: ServiceName, flags: readonly string[], workers = 1): Promise<string> => {
      const logFile = join(layout.logs, `${name}.log`);
      const own = { ...natsFor, ...threadsByDefault(env, workers) };
      const spec = { name, main: programOf(name), flags, env: own, logFile };
      return (await supervisor.start(spec, { signal })).address;
    };
    const execution = settings.testsPrograms
      ? await start('execution', ['--max-call-ms', MAX_CALL_MS])
      : undefined;
    const addresses = await startWorkers({ ...settings, execution }, layout, start);
    const orchestration = await start('orchestration', [
      ...['--runs', settings.runs, '--artifacts', layout.artifacts, '--max-call-ms', MAX_CALL_MS],
      ...(settings.stageCache === undefined ? [] : ['--stage-cache', settings.stageCache]),
      ...Object.entries(addresses).flatMap(([name, address]) => [`--${name}`, address]),
    ]);
    record({ orchestration });
    if (settings.dashboard) {
      const logFile = join(layout.logs, 'dashboard.log');
      const wanted = AbortSignal.any([signal, stopped.signal]);
      const options = { orchestration, logFile, supervisor: pages, signal: wanted, note };
      // Beside the run, which need not wait for it; a start that is broken off is nobody's news.
      page = startDashboard(options).catch(() => undefined);
    }
    return { orchestration, failed: supervisor.failed, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param workers of the service. @default 1 */
type Start = (name: ServiceName, flags: readonly string[], workers?: number) => Promise<string>;

/** The services that the orchestrator calls, started side by side. */
async function startWorkers(
  {
    workers,
    threads,
    execution,
    engines,
    parts,
  }: EmbeddedSettings & { readonly execution: string | undefined },
  layout: RunLayout,
  start: Start,
): Promise<Record<string, string>> {
  const common = ['--artifacts', layout.artifacts, ...threadsFlag(threads), '--max-call-ms', MAX_CALL_MS];
  const pool = [...common, '--workers', String(workers)];
  const starts = {
    // Two stages may be at work at the same time, each with a policy of its own.
    generation: () => start('generation', [...pool, '--max-models', '2', ...engines.generation], workers),
    simulation: () => {
      const programs = execution === undefined ? [] : ['--execution', execution];
      return start('simulation', [...pool, ...programs, ...engines.simulation], workers);
    },
    verification: () => start('verification', [...common, ...engines.verification]),
    training: () => startTraining(start, layout, { threads, flags: engines.training }),
  };
  const names = (Object.keys(starts) as (keyof typeof starts)[]).filter(
    (name) => parts?.some((part) => SERVICE_OF_PART[part] === name) ?? true,
  );
  const started = names.map(async (name) => [name, await starts[name]()] as const);
  await Promise.allSettled(started);
  return {
    ...Object.fromEntries(Object.keys(starts).map((name) => [name, NO_SERVICE])),
    ...Object.fromEntries(await Promise.all(started)),
    ...(execution === undefined ? {} : { execution }),
  };
}

function startTraining(
  start: Start,
  { artifacts, trainingState }: RunLayout,
  { threads, flags }: Pick<EmbeddedSettings, 'threads'> & { readonly flags: readonly string[] },
): Promise<string> {
  const folders = ['--artifacts', artifacts, '--state', trainingState];
  return start('training', [...folders, ...threadsFlag(threads), '--max-call-ms', MAX_CALL_MS, ...flags]);
}

function threadsFlag(threads: number | undefined): readonly string[] {
  return threads === undefined ? [] : ['--threads', String(threads)];
}

/** Keeps the list of the run's processes for those who come later: `resume`, `cancel`. */
function recordProcesses({ processes }: RunLayout, mark: string): (change: Partial<RunProcesses>) => void {
  const place = placeHere();
  let known: RunProcesses = { supervisor: identityOf(process.pid), children: [], place, mark };
  const inTurn = pLimit(1);
  return (change) => {
    known = { ...known, ...change };
    const snapshot = known;
    // A list that cannot be written costs convenience, not the run.
    void inTurn(() => writeRunProcesses(processes, snapshot)).catch(() => undefined);
  };
}
