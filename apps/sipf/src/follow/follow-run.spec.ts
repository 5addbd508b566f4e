import { orchestration } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  createClient,
  createLogger,
  createService,
  implement,
  serviceSettings,
  type Service,
} from '@sipf/service';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { followRun, type FollowOptions, type RunEvent } from './follow-run.ts';

type Watch = (fromEntry: number) => AsyncGenerator<orchestration.WatchRunResponse>;

const services: Service[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
});

const entry = (index: number): orchestration.WatchRunResponse => ({
  event: {
    $case: 'entry',
    value: { index: BigInt(index), at: undefined, kind: 'stage-started', entryJson: '{}' },
  },
});
const ended = (state: orchestration.RunState): orchestration.WatchRunResponse => ({
  event: { $case: 'ended', value: orchestration.Run.fromPartial({ id: 'x', state }) },
});
const { SUCCEEDED, INTERRUPTED } = orchestration.RunState;
const away = (): SipfError => new SipfError('unavailable', 'away', { reason: 'SHUTTING_DOWN' });

/** An orchestrator whose watches go as the test says, one after the other. */
async function orchestrate(
  address: string,
  ...watches: Watch[]
): Promise<{ address: string; resumed: string[] }> {
  const resumed: string[] = [];
  const refuse = (): never => {
    throw new SipfError('unimplemented', 'not in this test', { reason: 'X' });
  };
  const service = createService({
    name: 'orchestration',
    implementations: [
      implement(orchestration.OrchestrationServiceDefinition, {
        ...{
          checkRuns: refuse,
          startRun: refuse,
          getRun: refuse,
          listRuns: refuse,
          cancelRun: refuse,
          verifyRun: refuse,
          info: refuse,
        },
        watchRun: ({ fromEntry }) => (watches.shift() ?? refuse)(Number(fromEntry)),
        resumeRun: ({ runId }) => {
          resumed.push(runId);
          return Promise.resolve({});
        },
      }),
    ],
    settings: serviceSettings({ address, metricsAddress: 'off', drainMs: 0 }),
    logger: createLogger({ service: 'orchestration', level: 'silent' }),
  });
  services.push(service);
  return { address: (await service.start()).address, resumed };
}

async function follow(address: string, overrides: Partial<FollowOptions> = {}): Promise<string[]> {
  using client = createClient(orchestration.OrchestrationServiceDefinition, address);
  const seen: string[] = [];
  const defaults = {
    runId: 'x',
    signal: new AbortController().signal,
    resume: () => true,
    note: () => undefined,
  };
  for await (const event of followRun(client, { ...defaults, retryDelayMs: 1, ...overrides }))
    seen.push(nameOf(event));
  return seen;
}

function nameOf(event: RunEvent): string {
  if (event.$case === 'entry') return `entry ${event.value.index}`;
  return event.$case === 'ended' ? `ended ${event.value.state}` : event.$case;
}

it('reports every entry until the run ends', async () => {
  const { address } = await orchestrate('127.0.0.1:0', async function* () {
    yield await Promise.resolve(entry(0));
    yield entry(1);
    yield ended(SUCCEEDED);
  });
  expect(await follow(address)).toEqual(['entry 0', 'entry 1', `ended ${SUCCEEDED}`]);
});

it('resumes after the last entry it saw when the orchestrator was away', async () => {
  const asked: number[] = [];
  const { address } = await orchestrate(
    '127.0.0.1:0',
    async function* () {
      yield await Promise.resolve(entry(0));
      yield entry(1);
      throw away();
    },
    async function* (fromEntry) {
      asked.push(fromEntry);
      yield await Promise.resolve(entry(2));
      yield ended(SUCCEEDED);
    },
  );
  expect(await follow(address)).toEqual(['entry 0', 'entry 1', 'entry 2', `ended ${SUCCEEDED}`]);
  expect(asked).toEqual([2]);
});

it('passes over what the event bus delivers, which is not progress of the run', async () => {
  const delivered = orchestration.DeliveredEvent.fromPartial({ iteration: 1, name: 'sampled' });
  const { address } = await orchestrate('127.0.0.1:0', async function* () {
    yield await Promise.resolve({ event: { $case: 'delivered' as const, value: delivered } });
    yield entry(0);
    yield ended(SUCCEEDED);
  });
  expect(await follow(address)).toEqual(['entry 0', `ended ${SUCCEEDED}`]);
});

it('leaves out entries that are known', async () => {
  const asked: number[] = [];
  const { address } = await orchestrate('127.0.0.1:0', async function* (fromEntry) {
    asked.push(fromEntry);
    yield await Promise.resolve(ended(SUCCEEDED));
  });
  await follow(address, { fromEntry: 7 });
  expect(asked).toEqual([7]);
});

it('resumes a run that lost its orchestrator', async () => {
  const watches: Watch[] = [
    async function* () {
      yield await Promise.resolve(ended(INTERRUPTED));
    },
    async function* () {
      yield await Promise.resolve(ended(SUCCEEDED));
    },
  ];
  const notes: string[] = [];
  const { address, resumed } = await orchestrate('127.0.0.1:0', ...watches);
  expect(await follow(address, { note: (text) => notes.push(text) })).toEqual([`ended ${SUCCEEDED}`]);
  expect(resumed).toEqual(['x']);
  expect(notes).toEqual(['the orchestrator was restarted: resuming the run']);
});

it('leaves an interrupted run alone that is being cancelled', async () => {
  const { address, resumed } = await orchestrate('127.0.0.1:0', async function* () {
    yield await Promise.resolve(ended(INTERRUPTED));
  });
  expect(await follow(address, { resume: () => false })).toEqual([`ended ${INTERRUPTED}`]);
  expect(resumed).toEqual([]);
});

it('gives up when there is no news however often it asks', async () => {
  const silentWatch: Watch = async function* () {
    await Promise.resolve();
    yield* [];
    throw away();
  };
  const { address } = await orchestrate('127.0.0.1:0', silentWatch, silentWatch, silentWatch);
  await expect(follow(address, { maxAttempts: 2 })).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'away',
  });
});

it('fails at once where waiting cannot help', async () => {
  const { address } = await orchestrate('127.0.0.1:0', async function* () {
    await Promise.resolve();
    yield* [];
    throw new SipfError('not-found', 'there is no run x', { reason: 'RUN_NOT_FOUND' });
  });
  await expect(follow(address)).rejects.toMatchObject({ reason: 'RUN_NOT_FOUND' });
});

it('hears a cancel while it waits', async () => {
  const { address } = await orchestrate('127.0.0.1:0', async function* () {
    await Promise.resolve();
    yield* [];
    throw away();
  });
  const stop = new AbortController();
  const following = follow(address, { signal: stop.signal, retryDelayMs: 60_000 });
  setTimeout(() => {
    stop.abort();
  }, 100);
  await expect(following).rejects.toMatchObject({ name: 'AbortError' });
});

it('says that it waits for an orchestrator that is silent, and follows the one that takes its place', async () => {
  // It takes connections and says nothing, as the kernel does for a process that is stopped.
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined).resume()));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const notes: string[] = [];
  const following = follow(address, { note: (text) => notes.push(text) });
  const waits = 'the orchestrator does not answer, and is waited for';
  await expect.poll(() => notes, { timeout: 60_000 }).toEqual([waits]);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
  await orchestrate(address, async function* () {
    yield await Promise.resolve(entry(0));
    yield ended(SUCCEEDED);
  });
  expect(await following).toEqual(['entry 0', `ended ${SUCCEEDED}`]);
  expect(notes).toEqual([waits, 'the orchestrator answers again']);
}, 120_000);

it('begins a watch again that was cut for once, and says nothing of it', async () => {
  const notes: string[] = [];
  const { address } = await orchestrate(
    '127.0.0.1:0',
    async function* () {
      yield await Promise.resolve(entry(0));
      throw away();
    },
    async function* () {
      yield await Promise.resolve(entry(1));
      throw away();
    },
    async function* () {
      yield await Promise.resolve(ended(SUCCEEDED));
    },
  );
  expect(await follow(address, { note: (text) => notes.push(text) })).toEqual([
    ...['entry 0', 'entry 1', `ended ${SUCCEEDED}`],
  ]);
  expect(notes).toEqual([]);
});
