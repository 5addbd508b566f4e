import { orchestration } from '@sipf/contracts';
import { createClient, waitForReady, type ServiceClient } from '@sipf/service';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ProgramName } from '../../support/program-main.ts';
import { MARKS_VARIABLE, TRIPS_VARIABLE, type Trip } from '../preload/trips.ts';
import { startKeptNats, type KeptNats } from './kept-nats.ts';
import { startKept, type KeptProcess } from './kept-process.ts';

/** Everything that a run of programs needs. */
export const SERVICES = [
  ...(['execution', 'generation', 'simulation', 'verification', 'training', 'orchestration'] as const),
] satisfies ProgramName[];
export type ServiceName = (typeof SERVICES)[number];

/** Whatever can be killed. */
export type VictimName = ServiceName | 'nats';

/** Where a system's files lie; by default all of them in one folder. */
export interface SystemOptions {
  readonly folder: string;
  /** Deaths at exact moments, by the process that meets them. */
  readonly trips?: Readonly<Partial<Record<ServiceName, readonly Trip[]>>>;
  /** Modules that a process loads before its own. */
  readonly preload?: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Beside the usual ones, by service. */
  readonly flags?: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /** @default `<folder>/store` */
  readonly artifacts?: string;
  /** @default `<folder>/runs` */
  readonly runs?: string;
  /** State of training. @default `<folder>/training` */
  readonly state?: string;
  /** Servers of NATS in the place of the system's own. */
  readonly natsUrl?: string;
  /** Where a service is called instead of at its own address. */
  readonly via?: (name: ServiceName, address: string) => Promise<string>;
  /** Words before a process's own, and where it listens. */
  readonly host?: (name: ServiceName) => { readonly prefix: readonly string[]; readonly address: string };
}

/** The whole system as processes of their own, each started again when it dies. */
export interface ChaosSystem extends AsyncDisposable {
  readonly services: ReadonlyMap<ServiceName, KeptProcess>;
  readonly nats: KeptNats;
  readonly client: ServiceClient<orchestration.OrchestrationServiceDefinition>;
  readonly runs: string;
  readonly artifacts: string;
  readonly logs: string;
  /** Holds a file for every trip that has happened. */
  readonly marks: string;
  /** Of a process that runs now; 0 between two starts. */
  pidOf(name: VictimName): number;
  restartsOf(name: VictimName): number;
  /** What a service was started with, to start another one like it. */
  flagsOf(name: ServiceName): readonly string[];
}

const READY_MS = 60_000;
const TRIPWIRE = new URL('../preload/tripwire.ts', import.meta.url).href;

/** Starts it; callers dispose of it. */
export async function startChaosSystem(options: SystemOptions): Promise<ChaosSystem> {
  const { folder } = options;
  const under = (name: string): string => join(folder, name);
  const { artifacts = under('store'), runs = under('runs'), state = under('training') } = options;
  const folders = { artifacts, runs, logs: under('logs'), marks: under('marks') };
  for (const made of [...Object.values(folders), under('nats')]) mkdirSync(made, { recursive: true });
  const started = new AsyncDisposableStack();
  try {
    const nats = started.use(await startKeptNats(under('nats')));
    const services = new Map<ServiceName, KeptProcess>();
    const called = new Map<ServiceName, string>();
    const flagsOf = new Map<ServiceName, readonly string[]>();
    const start = async (name: ServiceName, flags: readonly string[]): Promise<void> => {
      const { prefix = [], address } = options.host?.(name) ?? {};
      flagsOf.set(name, [...flags, ...(options.flags?.[name] ?? [])]);
      const kept = await startKept({
        ...{ name, prefix, env: environmentOf(name, options, folders.marks) },
        flags: flagsOf.get(name) ?? [],
        logFile: join(folders.logs, `${name}.log`),
        ...(address === undefined ? {} : { address }),
      });
      services.set(name, started.use(kept));
      called.set(name, (await options.via?.(name, kept.address)) ?? kept.address);
    };
    await startServices(start, called, { ...folders, state, natsUrl: options.natsUrl ?? nats.url });
    const address = services.get('orchestration')?.address ?? '';
    await waitForReady(address, { deadlineMs: READY_MS });
    const client = started.use(createClient(orchestration.OrchestrationServiceDefinition, address));
    const pidOf = (name: VictimName): number => (name === 'nats' ? nats.pid : (services.get(name)?.pid ?? 0));
    const restartsOf = (name: VictimName): number =>
      name === 'nats' ? nats.restarts : (services.get(name)?.restarts ?? 0);
    const stop = started.move();
    return {
      ...{ services, nats, client, pidOf, restartsOf },
      ...folders,
      flagsOf: (name) => flagsOf.get(name) ?? [],
      [Symbol.asyncDispose]: () => stop.disposeAsync(),
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

interface SharedFolders {
  readonly artifacts: string;
  readonly runs: string;
  readonly state: string;
  readonly natsUrl: string;
}

/** Services before those that call them. */
async function startServices(
  start: (name: ServiceName, flags: readonly string[]) => Promise<void>,
  addresses: ReadonlyMap<ServiceName, string>,
  { artifacts, runs, state, natsUrl }: SharedFolders,
): Promise<void> {
  const addressOf = (name: ServiceName): string => addresses.get(name) ?? '';
  const store = ['--artifacts', artifacts];
  const nats = ['--nats-url', natsUrl];
  await start('execution', ['--processes', '2', '--warm', '']);
  const workers = await Promise.allSettled([
    start('generation', [...store, ...nats, '--max-models', '2']),
    start('simulation', [...store, ...nats, '--execution', addressOf('execution')]),
    start('verification', [...store, ...nats]),
    start('training', [...store, '--state', state, '--checkpoint-every', '7']),
  ]);
  // Those that did start are stopped by whoever hears of the failure.
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  const called = SERVICES.filter((name) => name !== 'orchestration');
  await start('orchestration', [
    ...[...store, ...nats, '--runs', runs, '--resume-interrupted'],
    ...called.flatMap((name) => [`--${name}`, addressOf(name)]),
  ]);
}

function environmentOf(name: ServiceName, options: SystemOptions, marks: string): Record<string, string> {
  const trips = options.trips?.[name] ?? [];
  const preload = options.preload?.[name] ?? [];
  const modules = [
    ...(trips.length > 0 ? [TRIPWIRE] : []),
    ...preload.map((path) => pathToFileURL(path).href),
  ];
  return {
    ...options.env,
    ...(modules.length > 0 ? { NODE_OPTIONS: modules.map((url) => `--import=${url}`).join(' ') } : {}),
    ...(trips.length > 0 ? { [TRIPS_VARIABLE]: JSON.stringify(trips), [MARKS_VARIABLE]: marks } : {}),
  };
}
