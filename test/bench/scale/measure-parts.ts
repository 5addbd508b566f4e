import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation } from '@sipf/contracts';
import { connectNatsBus } from '@sipf/events';
import { createClient, createLogger, createService, implement, serviceSettings } from '@sipf/service';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { collect } from '../../support/calls.ts';
import { temporaryFolder } from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';

/** What the shared parts of the system take for one unit of work on this machine, in milliseconds. */
export interface PartCosts {
  /** Processor time of the caller for a call that samples eight paths of 200 bytes for each of eight questions. */
  readonly callMs: number;
  /** A line of the journal, appended and on disk: one a call. */
  readonly journalMs: number;
  /** One event, stored by NATS. */
  readonly eventMs: number;
  /** Reading a model of one MiB out of the artifact store, hash checked; for one reader. */
  readonly readMiBMs: number;
}

const CALLS = 200;
const EVENTS = 500;
const MIB = 2 ** 20;
const MODEL_MIB = 64;

/** Measures them one after the other. */
export async function measureParts(): Promise<PartCosts> {
  const folder = temporaryFolder();
  try {
    return {
      callMs: await measureCall(),
      journalMs: await measureJournal(folder.path),
      eventMs: await measureEvent(folder.path),
      readMiBMs: await measureRead(folder.path),
    };
  } finally {
    folder.remove();
  }
}

async function timeEach(count: number, work: (index: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  for (let index = 0; index < count; index++) await work(index);
  return (performance.now() - started) / count;
}

/** Both ends are in this process: half of its processor time is the caller's. */
async function measureCall(): Promise<number> {
  const path = generation.GenerateResponse.fromPartial({ text: 'x'.repeat(200), steps: ['x'.repeat(100)] });
  const service = createService({
    name: 'generation',
    implementations: [
      implement(generation.GenerationServiceDefinition, {
        generate: async function* ({ prompts }) {
          for (let index = 0; index < prompts.length * 8; index++) yield await Promise.resolve(path);
        },
        info: () => Promise.resolve({}),
        prepare: () => Promise.resolve({}),
      }),
    ],
    settings: serviceSettings(),
    logger: createLogger({ service: 'bench', level: 'silent' }),
  });
  const { address } = await service.start();
  using client = createClient(generation.GenerationServiceDefinition, address);
  const prompts = Array.from({ length: 8 }, (_, index) => ({ id: String(index), text: 'q'.repeat(200) }));
  const sampling = common.SamplingSettings.fromPartial({ n: 8, temperature: 1, maxNewTokens: 8 });
  const call = () => collect(client.generate({ prompts, sampling }));
  await timeEach(20, call);
  const before = process.cpuUsage();
  for (let index = 0; index < CALLS; index++) await call();
  const { user, system } = process.cpuUsage(before);
  await service.stop();
  return (user + system) / 1000 / CALLS / 2;
}

async function measureJournal(folder: string): Promise<number> {
  const file = await open(join(folder, 'journal.jsonl'), 'a');
  const line = `${JSON.stringify({ key: 'question', result: 'x'.repeat(8 * 8 * 250) })}\n`;
  const each = await timeEach(CALLS, async () => {
    await file.write(line);
    await file.datasync();
  });
  await file.close();
  return each;
}

async function measureEvent(folder: string): Promise<number> {
  if (!hasNats) return Number.NaN;
  const nats = await startNats(join(folder, 'nats'));
  const bus = await connectNatsBus({
    url: nats.url,
    log: createLogger({ service: 'bench', level: 'silent' }),
  });
  const payload = new Uint8Array(200);
  const publish = (index: number) =>
    bus.publish({ subject: 'sipf.bench.iteration.1.sampled', id: String(index), payload });
  const each = await timeEach(EVENTS, publish);
  await bus.close();
  await nats.stop();
  return each;
}

async function measureRead(folder: string): Promise<number> {
  const store = new FolderArtifactStore(join(folder, 'store'));
  const ref = await store.putBytes(Buffer.alloc(MODEL_MIB * MIB, 7), 'application/octet-stream');
  return (await timeEach(5, () => store.verify(ref))) / MODEL_MIB;
}
