import { verification } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createRng } from '@sipf/random';
import { createClient, type ServiceClient } from '@sipf/service';
import { createChannel, createClient as createRawClient } from 'nice-grpc';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lasting, refusalOf } from '../../support/calls.ts';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const definition = verification.VerificationServiceDefinition;
const SCORE_PATH = '/sipf.verification.v1.VerificationService/Score';
/** What the service takes by default. */
const MAX_QUEUE = 64;
const folder = temporaryFolder();
const row = { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] };
const rows = Array.from({ length: 40 }, () => row);
let program: RunningProgram;
let client: ServiceClient<typeof definition>;
let expected: unknown;

beforeAll(async () => {
  const model = await writeModel(folder.path, 'verifier', randomVerifier('disturbed'));
  program = await startProgram('verification', ['--model', model]);
  client = createClient(definition, program.address);
  expected = lasting(await client.score({ rows }));
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

/** Every slot of the service is free: as many calls as it takes are taken at once. */
async function expectAllPlacesFree(): Promise<void> {
  using impatient = createClient(definition, program.address, { retry: { attempts: 1 } });
  const calls = Array.from({ length: MAX_QUEUE }, () => impatient.score({ rows: rows.slice(0, 1) }));
  expect(await Promise.all(calls)).toHaveLength(MAX_QUEUE);
}

it('serves others right while 1,000 clients cancel at random moments, and keeps nothing of theirs', async () => {
  const rng = createRng('cancels');
  const cancelled = Array.from({ length: 1000 }, async (_, at) => {
    await setTimeout(rng.integer(2000));
    const signal = AbortSignal.timeout(1 + rng.integer(40));
    await client.score({ rows, clientId: `fickle ${at}` }, { signal }).catch(() => undefined);
  });
  for (let call = 0; call < 10; call++) {
    const patient = { idempotent: true, deadlineMs: 60_000 };
    expect(lasting(await scoredAtLast({ rows, clientId: 'steady' }, patient))).toEqual(expected);
  }
  await Promise.all(cancelled);
  await expectAllPlacesFree();
});

/** Asks again for as long as it is refused: the fickle ones may hold every slot. */
async function scoredAtLast(
  request: Parameters<typeof client.score>[0],
  options: Parameters<typeof client.score>[1],
): Promise<verification.ScoreResponse> {
  for (;;) {
    try {
      return await client.score(request, options);
    } catch (error) {
      if (!(error instanceof SipfError) || error.kind !== 'resource-exhausted') throw error;
    }
  }
}

it('reads no further ahead of a reader that is slow, and serves others meanwhile', async () => {
  let asked = 0;
  async function* endless() {
    for (;;) {
      asked += 1;
      yield await Promise.resolve({ request: { rows } });
    }
  }
  const stop = new AbortController();
  const stream = client.scoreStream(endless(), { signal: stop.signal })[Symbol.asyncIterator]();
  await stream.next();
  let before = 0;
  const isStill = async (): Promise<boolean> => {
    before = asked;
    await setTimeout(300);
    return asked === before;
  };
  await expect.poll(isStill, { timeout: 20_000 }).toBe(true);
  expect(lasting(await client.score({ rows }))).toEqual(expected);
  const { value } = (await stream.next()) as { value: verification.ScoreStreamResponse };
  expect(value.requestIndex).toBe(1n);
  stop.abort();
  await stream.next().catch(() => undefined);
  await expectAllPlacesFree();
});

it('is not held up by connections and calls that are opened and left', async () => {
  const [host = '', port = ''] = program.address.split(':');
  const silent = Array.from({ length: 50 }, () => connect(Number(port), host));
  const session = connectHttp2(`http://${program.address}`);
  const headers = {
    ':method': 'POST',
    ':path': SCORE_PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
  };
  // A call without a message, and one whose message stops in the middle.
  const calls = Array.from({ length: 2 * MAX_QUEUE }, () => session.request(headers, { endStream: false }));
  for (const call of calls.slice(0, MAX_QUEUE)) call.write(Buffer.from([0, 0, 0, 1, 0, 18]));
  await setTimeout(100);
  expect(lasting(await client.score({ rows }))).toEqual(expected);
  await expectAllPlacesFree();
  for (const call of calls) call.on('error', () => undefined);
  for (const socket of silent) socket.destroy();
  session.destroy();
  await expectAllPlacesFree();
});

it('refuses bytes that are not a message', async () => {
  const bytes = { encode: (value: Buffer) => ({ finish: () => value }), decode: (value: Buffer) => value };
  const channel = createChannel(program.address);
  const malformed = {
    score: {
      path: SCORE_PATH,
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: Buffer) => bytes.encode(value).finish(),
      requestDeserialize: bytes.decode,
      responseSerialize: (value: Buffer) => value,
      responseDeserialize: bytes.decode,
      options: {},
    },
  } as const;
  const raw = createRawClient(malformed, channel);
  await expect(raw.score(Buffer.from([0x12, 0xff, 0xff, 0xff]))).rejects.toThrow(/INVALID_ARGUMENT/);
  channel.close();
  expect(lasting(await client.score({ rows }))).toEqual(expected);
});

it('refuses a message of 5 MB', async () => {
  const large = client.score({ rows: [{ ...row, question: 'x'.repeat(5_000_000) }] });
  expect(await refusalOf(large)).toMatchObject({ kind: 'resource-exhausted' });
  expect(lasting(await client.score({ rows }))).toEqual(expected);
});

it('drops work whose deadline is over', async () => {
  const late = client.score({ rows: Array.from({ length: 3000 }, () => row) }, { deadlineMs: 20 });
  expect(await refusalOf(late)).toMatchObject({ kind: 'deadline-exceeded' });
  expect(lasting(await client.score({ rows }))).toEqual(expected);
});
