import { setTimeout } from 'node:timers/promises';
import { verification } from '@sipf/contracts';
import { createRng } from '@sipf/random';
import { createClient, type ServiceClient } from '@sipf/service';
import { createChannel, createClient as createRawClient } from 'nice-grpc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lasting, refusalOf } from '../../support/calls.ts';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const definition = verification.VerificationServiceDefinition;
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

it('serves others right while clients cancel at random moments', async () => {
  const rng = createRng('cancels');
  const cancelled = Array.from({ length: 150 }, async () => {
    await setTimeout(rng.integer(300));
    const signal = AbortSignal.timeout(1 + rng.integer(40));
    await client.score({ rows, clientId: 'fickle' }, { signal }).catch(() => undefined);
  });
  for (let call = 0; call < 10; call++) {
    expect(lasting(await client.score({ rows, clientId: 'steady' }, { idempotent: true }))).toEqual(expected);
  }
  await Promise.all(cancelled);
  expect(lasting(await client.score({ rows }))).toEqual(expected);
});

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
  expect(lasting(await client.score({ rows }))).toEqual(expected);
  const before = asked;
  await setTimeout(200);
  const { value } = (await stream.next()) as { value: verification.ScoreStreamResponse };
  expect(value.requestIndex).toBe(1n);
  expect(before).toBeGreaterThan(0);
  stop.abort();
  await stream.next().catch(() => undefined);
  expect(lasting(await client.score({ rows }))).toEqual(expected);
});

it('refuses bytes that are no message', async () => {
  const bytes = { encode: (value: Buffer) => ({ finish: () => value }), decode: (value: Buffer) => value };
  const channel = createChannel(program.address);
  const malformed = {
    score: {
      path: '/sipf.verification.v1.VerificationService/Score',
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
