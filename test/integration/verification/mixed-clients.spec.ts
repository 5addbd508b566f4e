import { ItemQueue } from '@sipf/async';
import { common, verification } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createRng } from '@sipf/random';
import { createClient, type ServiceClient } from '@sipf/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const definition = verification.VerificationServiceDefinition;
const { BULK, INTERACTIVE } = common.Priority;
/** What the service takes by default. */
const MAX_QUEUE = 64;
const folder = temporaryFolder();
const row = { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] };
let program: RunningProgram;
/** Hears of every refusal: nothing is repeated. */
let client: ServiceClient<typeof definition>;

beforeAll(async () => {
  const model = await writeModel(folder.path, 'verifier', randomVerifier('mixed'));
  program = await startProgram('verification', ['--model', model]);
  client = createClient(definition, program.address, { retry: { attempts: 1 } });
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

function request(clientId: string, priority: common.Priority, rows: number) {
  return { clientId, priority, rows: Array.from({ length: rows }, () => row) };
}

/** A stream of one client, with one request answered, that is then left as it is. */
async function idleStream(clientId: string): Promise<() => void> {
  const requests = new ItemQueue<verification.ScoreStreamRequest>();
  const stop = new AbortController();
  const answers = client.scoreStream(requests, { signal: stop.signal })[Symbol.asyncIterator]();
  requests.push(verification.ScoreStreamRequest.fromPartial({ request: request(clientId, BULK, 1) }));
  expect((await answers.next()).done).toBe(false);
  return () => {
    stop.abort();
    answers.next().catch(() => undefined);
  };
}

it('takes the work of all others while one client has twice its calls in idle streams', async () => {
  const streams: (() => void)[] = [];
  // One after the other: all at once would have more under way than there are places.
  for (let stream = 0; stream < 2 * MAX_QUEUE; stream++) streams.push(await idleStream('run'));
  const calls = Array.from({ length: MAX_QUEUE }, () => client.score(request('', INTERACTIVE, 1)));
  expect(await Promise.all(calls)).toHaveLength(MAX_QUEUE);
  for (const leave of streams) leave();
});

it('refuses no light interactive call of 200 mixed clients, and says when to return to those that have calls', async () => {
  const rng = createRng('mixed');
  const stop = new AbortController();
  const refusals = { bulk: 0, interactive: 0 };
  const counted = async (kind: keyof typeof refusals, call: Promise<unknown>): Promise<void> => {
    try {
      await call;
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof SipfError)) throw error;
      expect(error).toMatchObject({ kind: 'resource-exhausted', reason: 'QUEUE_FULL' });
      expect(error.retryAfterMs).toBeGreaterThan(0);
      refusals[kind] += 1;
      await sleep(error.retryAfterMs);
    }
  };
  const idle = await Promise.all(Array.from({ length: 20 }, (_, at) => idleStream(`idle ${at}`)));
  /** Calls of many rows, several at once, and again as soon as they are answered. */
  const heavy = async (clientId: string): Promise<void> => {
    while (!stop.signal.aborted)
      await counted('bulk', client.score(request(clientId, BULK, 100), { signal: stop.signal }));
  };
  const bulk = Array.from({ length: 20 }, (_, at) => `run ${at}`).flatMap((name) =>
    Array.from({ length: 6 }, () => heavy(name)),
  );
  let answered = 0;
  const light = Array.from({ length: 160 }, async (_, at) => {
    for (let call = 0; call < 3; call++) {
      await sleep(rng.integer(500));
      await counted('interactive', client.score(request(`person ${at}`, INTERACTIVE, 1)));
      answered += 1;
    }
  });
  await Promise.all(light);
  stop.abort();
  await Promise.all(bulk);
  for (const leave of idle) leave();
  expect(answered).toBe(480);
  expect(refusals.interactive).toBe(0);
  // The bulk clients wanted more than there is.
  expect(refusals.bulk).toBeGreaterThan(0);
}, 120_000);
