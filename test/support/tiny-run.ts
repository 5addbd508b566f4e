import { connectNatsBus, type ReceivedEvent } from '@sipf/events';
import { acquireLease } from '@sipf/runs';
import { createLogger } from '@sipf/service';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startSipf, until } from '../end-to-end/run-processes.ts';
import { root } from '../run/step.ts';
import { digestOfMakers } from './digest-of-makers.ts';
import { startNats } from './nats.ts';

/** The configuration of the finished run. */
export const TINY_RUN = join(root, 'test/fixtures/tiny-run.yaml');
/** Its id. */
const RUN_ID = 'whole';

/** A run of {@link TINY_RUN} that nothing disturbed: its folder, and what could be seen of it while it ran. */
export interface TinyRun {
  /** To be copied, and not to be changed. */
  readonly folder: string;
  /** What the command line wrote. */
  readonly output: string;
  /** What a subscriber of its events was given, in order. */
  readonly events: readonly ReceivedEvent[];
}

/** Where finished runs are kept: outside the tree, by the digest of what makes them. */
const KEPT = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sipf', 'test-runs');
/** Runs of other code go when nobody has asked for them for as long. */
const UNUSED_MS = 3 * 24 * 3600 * 1000;
const LAST_EVENT_MS = 10_000;

/**
 * The finished run of the code as it is, on this kind of machine. Whoever asks first makes it; others, in whichever process,
 * wait for it.
 * @throws Error with its output where the run fails, and nothing is kept then
 */
export async function finishedTinyRun(): Promise<TinyRun> {
  const kept = join(KEPT, await digestOfMakers(TINY_RUN));
  mkdirSync(kept, { recursive: true });
  const lease = await acquireLease(join(kept, 'lease'), { patienceMs: Infinity });
  try {
    if (!existsSync(seenIn(kept))) await make(kept);
    const now = new Date();
    utimesSync(seenIn(kept), now, now);
    removeUnused();
  } finally {
    await lease.release();
  }
  return { folder: join(kept, 'runs', RUN_ID), ...readSeen(kept) };
}

/** What was seen of a run: written last, so that a folder without it holds no finished run. */
const seenIn = (kept: string): string => join(kept, 'seen.json');

interface Seen {
  readonly output: string;
  readonly events: readonly (Omit<ReceivedEvent, 'payload'> & { readonly payload: string })[];
}

function readSeen(kept: string): Omit<TinyRun, 'folder'> {
  const { output, events } = JSON.parse(readFileSync(seenIn(kept), 'utf8')) as Seen;
  const decoded = events.map((event) => ({ ...event, payload: Buffer.from(event.payload, 'base64') }));
  return { output, events: decoded };
}

/** Makes the run with a NATS server of its own, and listens to it. */
async function make(kept: string): Promise<void> {
  const [runs, store] = [join(kept, 'runs'), join(kept, 'nats')];
  // Of a process that was killed at it.
  for (const folder of [runs, store]) rmSync(folder, { recursive: true, force: true });
  const nats = await startNats(store);
  const bus = await connectNatsBus({ url: nats.url, log: createLogger({ service: 'test', level: 'error' }) });
  try {
    const events: ReceivedEvent[] = [];
    await bus.subscribe({
      durable: 'test',
      subjects: [`sipf.${RUN_ID}.iteration.>`],
      handler: (event) => {
        events.push(event);
        return Promise.resolve();
      },
    });
    const args = ['run', '--config', TINY_RUN, '--run-id', RUN_ID, '--runs', runs];
    const { code, output } = await startSipf(args, { NATS_URL: nats.url }).ended;
    if (code !== 0) throw new Error(`the tiny run ended with ${String(code)}: ${output}`);
    const hasEnded = (): boolean => events.some(({ subject }) => subject.endsWith('2.completed'));
    await until(hasEnded, { timeoutMs: LAST_EVENT_MS, what: 'the last event' });
    await writeFile(seenIn(kept), JSON.stringify({ output, events: events.map(encoded) } satisfies Seen));
  } finally {
    await bus.close();
    await nats.stop();
    rmSync(store, { recursive: true, force: true });
  }
}

function encoded({ payload, ...event }: ReceivedEvent): Seen['events'][number] {
  return { ...event, payload: Buffer.from(payload).toString('base64') };
}

function removeUnused(): void {
  for (const name of readdirSync(KEPT)) {
    const used = statSync(seenIn(join(KEPT, name)), { throwIfNoEntry: false }) ?? statSync(join(KEPT, name));
    if (Date.now() - used.mtimeMs > UNUSED_MS) rmSync(join(KEPT, name), { recursive: true, force: true });
  }
}
