import { common, verification } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, lasting, refusalOf } from '../../support/calls.ts';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const { Aggregation, LongPath, StreamOrder } = verification;
const { StepRule, ErrorReason, Priority } = common;
const folder = temporaryFolder();
const row = { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] };
const long = { id: 'long', question: '1+1', steps: ['1'.repeat(40), '<<1+1=2>>', '2'.repeat(20)] };
let program: RunningProgram;
let client: ServiceClient<verification.VerificationServiceDefinition>;

beforeAll(async () => {
  const verifier = await writeModel(folder.path, 'verifier', randomVerifier('verifier'));
  program = await startProgram('verification', ['--model', verifier, '--workers', '2']);
  client = createClient(verification.VerificationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

function stepsOf(score: verification.RowScore | undefined): verification.StepScores {
  if (score?.result?.$case !== 'steps') throw new Error(`no scores: ${JSON.stringify(score)}`);
  return score.result.value;
}

it('cuts a text as the request says and scores it as the same steps', async () => {
  const { scores } = await client.score({ rows: [row, { ...row, steps: [], text: '<<1+1=2>>\n#### 2\n' }] });
  const [given, cut] = scores.map(stepsOf);
  expect(cut).toEqual({ ...given, steps: ['<<1+1=2>>', '#### 2'] });
  const splitting = { rule: StepRule.SEPARATOR, separator: '#### ' };
  const parted = await client.score({ rows: [{ ...row, steps: [], text: '<<1+1=2>>#### 2' }], splitting });
  expect(stepsOf(parted.scores[0]).steps).toEqual(['<<1+1=2>>', '2']);
});

it('gives only the aggregates that are wanted', async () => {
  const { scores } = await client.score({ rows: [row], aggregations: [Aggregation.MIN] });
  const { aggregates, probabilities } = stepsOf(scores[0]);
  expect(aggregates).toEqual({ min: Math.min(...probabilities) });
});

it('truncates a long path where that is wanted and says so, never else', async () => {
  const refused = await client.score({ rows: [long] });
  expect(refused.scores[0]?.result).toMatchObject({ value: { reason: ErrorReason.SEQUENCE_TOO_LONG } });
  const { scores } = await client.score({ rows: [row, long], longPath: LongPath.TRUNCATE_LEFT });
  expect(stepsOf(scores[0]).truncation).toBeUndefined();
  const { truncation, probabilities } = stepsOf(scores[1]);
  expect(truncation?.tokens).toBeGreaterThan(0);
  expect(probabilities).toHaveLength(3 - (truncation?.steps ?? 0));
});

it('says where the time went', async () => {
  const { timing } = await client.score({ rows: [row] });
  for (const part of [timing?.queueMs, timing?.tokeniseMs, timing?.inferenceMs]) {
    expect(part).toBeGreaterThanOrEqual(0);
  }
  expect(timing?.inferenceMs).toBeGreaterThan(0);
});

it('answers for the digest that is named, or not at all', async () => {
  const { model } = await client.score({ rows: [row] });
  const named = await client.score({ rows: [row], model: { digest: model?.digest ?? '' } });
  expect(named.model).toEqual(model);
  const other = client.score({ rows: [row], model: { digest: `sha256:${'0'.repeat(64)}` } });
  expect(await refusalOf(other)).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
});

it('says what it is: model, format, separator, lengths, aggregations, limits, devices', async () => {
  const { info, verifiers, aggregations, stepRules } = await client.info({});
  const { model } = await client.score({ rows: [row] });
  expect(verifiers).toEqual([{ model, format: 'sipf', stepSeparator: '\n', maxSequenceTokens: 64 }]);
  expect(info?.limits).toMatchObject({ max_rows: 4096, max_steps: 256, max_stream_ahead: 4, max_queue: 64 });
  expect(info?.devices).toEqual(['cpu x 2']);
  const { version } = info ?? {};
  expect(info?.engine).toMatchObject({ kind: 'engine', version, precision: 'float32', device: 'cpu x 2' });
  expect(aggregations).toEqual([Aggregation.MEAN, Aggregation.MIN, Aggregation.PRODUCT, Aggregation.LAST]);
  expect(stepRules).toEqual([StepRule.LINE, StepRule.BLANK_LINE, StepRule.SEPARATOR]);
});

it('streams many batches at once: each answered once, in order or as scored, with the same scores', async () => {
  const sizes = [200, 1, 1, 60, 1, 2, 90, 1];
  async function* batches(order: verification.StreamOrder) {
    for (const size of sizes) {
      yield await Promise.resolve({ order, request: { rows: Array.from({ length: size }, () => row) } });
    }
  }
  const [scores] = (await client.score({ rows: [row] })).scores;
  for (const order of [StreamOrder.REQUEST, StreamOrder.SCORED]) {
    const answers = await collect(client.scoreStream(batches(order)));
    const indices = answers.map(({ requestIndex }) => Number(requestIndex));
    if (order === StreamOrder.REQUEST) expect(indices).toEqual([...sizes.keys()]);
    expect(new Set(indices)).toEqual(new Set(sizes.keys()));
    for (const { requestIndex, response } of answers) {
      expect(response?.scores).toHaveLength(sizes[Number(requestIndex)] ?? 0);
      for (const score of response?.scores ?? []) expect(score).toEqual(scores);
    }
  }
});

it('gives clients of every priority the same answers at the same time', async () => {
  const alone = lasting(await client.score({ rows: [row, long] }));
  const calls = Array.from({ length: 24 }, (_, at) =>
    client.score({
      rows: [row, long],
      clientId: `client ${at % 3}`,
      priority: at % 2 === 0 ? Priority.BULK : Priority.INTERACTIVE,
    }),
  );
  for (const answer of await Promise.all(calls)) expect(lasting(answer)).toEqual(alone);
});
