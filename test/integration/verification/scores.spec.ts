import { FolderArtifactStore } from '@sipf/artifacts';
import { common, verification } from '@sipf/contracts';
import { digestFolder } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, refusalOf } from '../../support/calls.ts';
import { randomModel, randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const store = new FolderArtifactStore(join(folder.path, 'store'));
const rows = [
  { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] },
  { id: 'b', question: '2*2', steps: ['<<2*2=4>>', '<<4-1=3>>', '<<3-1=2>>', '#### 2'] },
  { id: 'c', question: '9-1', steps: ['#### 8'] },
];
const long = { id: 'long', question: '1+1', steps: ['1'.repeat(80)] };
let verifier: string;
let program: RunningProgram;
let client: ServiceClient<verification.VerificationServiceDefinition>;

beforeAll(async () => {
  verifier = await writeModel(folder.path, 'verifier', randomVerifier('verifier'));
  const flags = ['--model', verifier, '--artifacts', join(folder.path, 'store')];
  program = await startProgram('verification', flags);
  client = createClient(verification.VerificationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
  expectNoPaths(program.log());
});

function stepsOf({ result }: verification.RowScore): verification.StepScores {
  if (result?.$case !== 'steps') throw new Error(`no scores: ${JSON.stringify(result)}`);
  return result.value;
}

it('gives a probability a step, in the order of the rows, and says which model did', async () => {
  const { scores, model } = await client.score({ rows });
  expect(scores.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(scores.map((score) => stepsOf(score).probabilities.length)).toEqual([2, 4, 1]);
  const all = scores.flatMap((score) => stepsOf(score).probabilities);
  for (const probability of all) expect(probability).toSatisfy((value: number) => value > 0 && value < 1);
  expect(new Set(all).size).toBe(all.length);
  expect(model).toEqual({ digest: await digestFolder(verifier), adapterDigest: '' });
});

it('gives every aggregate of the probabilities', async () => {
  const { scores } = await client.score({ rows });
  for (const score of scores) {
    const { probabilities, aggregates } = stepsOf(score);
    const product = probabilities.reduce((value, one) => value * one, 1);
    const sum = probabilities.reduce((value, one) => value + one, 0);
    expect(aggregates?.mean).toBeCloseTo(sum / probabilities.length, 12);
    expect(aggregates?.product).toBeCloseTo(product, 12);
    expect(aggregates?.min).toBe(Math.min(...probabilities));
    expect(aggregates?.last).toBe(probabilities.at(-1));
  }
});

it('gives a row the same scores alone, in a batch and in a stream', async () => {
  const { scores } = await client.score({ rows });
  async function* batches() {
    for (const row of rows) yield await Promise.resolve({ request: { rows: [row] } });
    yield { request: { rows } };
  }
  const streamed = (await collect(client.scoreStream(batches()))).map(({ response }) => response?.scores);
  expect(streamed).toEqual([...scores.map((score) => [score]), scores]);
});

it('scores what it can of a batch and says what is wrong with the rest', async () => {
  const alone = await client.score({ rows });
  const { scores } = await client.score({ rows: [...rows.slice(0, 1), long, ...rows.slice(1)] });
  expect(scores.filter(({ id }) => id !== 'long')).toEqual(alone.scores);
  const { SEQUENCE_TOO_LONG } = common.ErrorReason;
  expect(scores[1]).toMatchObject({
    id: 'long',
    result: { $case: 'error', value: { reason: SEQUENCE_TOO_LONG } },
  });
});

it.each([
  ['an empty question', { question: ' ', steps: ['1'] }, 'question must not be empty'],
  ['no steps', { question: '1', steps: [] }, 'steps must have 1 to 256 entries, has 0'],
  ['an empty step', { question: '1', steps: ['1', ''] }, 'steps[1] must not be empty'],
])('answers a row with %s by its own error', async (_what, wrong, message) => {
  const { scores } = await client.score({ rows: [...rows, wrong] });
  expect(scores.slice(0, 3).map(stepsOf)).toEqual((await client.score({ rows })).scores.map(stepsOf));
  const { INVALID_FIELD: reason } = common.ErrorReason;
  expect(scores[3]?.result).toEqual({ $case: 'error', value: { reason, message } });
});

it.each([
  ['no rows', { rows: [] }, 'rows'],
  [
    'a rule without its separator',
    { rows, splitting: { rule: common.StepRule.SEPARATOR } },
    'splitting.separator',
  ],
])('refuses %s, names the field, and keeps serving', async (_what, request, field) => {
  const refusal = await refusalOf(client.score(request));
  expect(refusal).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  expect(refusal.violations[0]?.field).toBe(field);
  expect((await client.score({ rows })).scores).toHaveLength(3);
});

it('ends a stream at the first wrong batch, after the answers before it', async () => {
  async function* batches() {
    yield await Promise.resolve({ request: { rows } });
    yield { request: { rows: [] } };
  }
  const received: unknown[] = [];
  const call = (async () => {
    for await (const answer of client.scoreStream(batches())) received.push(answer);
  })();
  expect(await refusalOf(call)).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  expect(received).toHaveLength(1);
});

it('refuses a model of the store that scores no steps, and keeps serving', async () => {
  const { digest } = await store.putFolder(await writeModel(folder.path, 'policy', randomModel('policy')));
  const refusal = await refusalOf(client.score({ model: { digest }, rows }));
  expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'NOT_A_VERIFIER' });
  expect((await client.score({ rows })).scores).toHaveLength(3);
});

it('does not start with a model that scores no steps', async () => {
  const policy = await writeModel(folder.path, 'default-policy', randomModel('default'));
  const { status, log } = await runProgram('verification', ['--model', policy]);
  expect(status).toBe(69);
  expect(log).toContain('NOT_A_VERIFIER');
  expectNoPaths(log);
});
