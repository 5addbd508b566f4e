import { connectVerifier } from '@sipf/client';
import { verification } from '@sipf/contracts';
import { digestFolder } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refusalOf } from '../../support/calls.ts';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const { Verifiers } = verification;
const folder = temporaryFolder();
const rows = [
  { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] },
  { id: 'wrong', question: '', steps: ['1'] },
  { id: 'b', question: '9-1', text: '<<9-1=8>>\n#### 8' },
];
let process: string;
let outcome: string;
let program: RunningProgram;
let client: ServiceClient<verification.VerificationServiceDefinition>;

beforeAll(async () => {
  process = await writeModel(folder.path, 'process', randomVerifier('process'));
  outcome = await writeModel(folder.path, 'outcome', randomVerifier('outcome'));
  program = await startProgram('verification', ['--model', process, '--outcome-model', outcome]);
  client = createClient(verification.VerificationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

/** Probabilities of the rows by (process, outcome) verifier; undefined for a row's error. */
async function ask(verifiers: verification.Verifiers, model?: string) {
  const answer = await client.score({
    rows,
    verifiers,
    ...(model !== undefined && { model: { digest: model } }),
  });
  const scores = answer.scores.map(({ result }) =>
    result?.$case === 'steps'
      ? [result.value.probabilities, result.value.outcomeProbabilities, result.value.steps]
      : undefined,
  );
  return { answer, scores };
}

it('scores by one verifier, by the other or by both, each as alone', async () => {
  const [first, second, both] = [
    await ask(Verifiers.PROCESS),
    await ask(Verifiers.OUTCOME),
    await ask(Verifiers.BOTH),
  ];
  expect(both.scores).toEqual(first.scores.map((row, at) => row && [row[0], second.scores[at]?.[1], row[2]]));
  expect(first.scores[0]?.map((values) => values.length)).toEqual([2, 0, 0]);
  expect(second.scores[2]?.map((values) => values.length)).toEqual([0, 2, 2]);
  expect(both.scores[1]).toBeUndefined();
  const byDigest = await ask(Verifiers.PROCESS, await digestFolder(outcome));
  expect(byDigest.scores.map((row) => row?.[0])).toEqual(second.scores.map((row) => row?.[1]));
});

it('gives both to the typed client', async () => {
  using verifier = connectVerifier(program.address, { asksOutcome: true });
  const [path] = await verifier.score([{ question: '1+1', steps: ['<<1+1=2>>', '#### 2'] }]);
  const { scores } = await ask(Verifiers.BOTH);
  const [probabilities, outcomeProbabilities] = scores[0] ?? [];
  expect(path).toMatchObject({ kind: 'scored', probabilities, outcomeProbabilities });
});

it('says which models answered, and which it was started with', async () => {
  const [digest, adapterDigest] = [await digestFolder(outcome), ''];
  const { answer } = await ask(Verifiers.BOTH);
  expect(answer.model?.digest).toBe(await digestFolder(process));
  expect(answer.outcomeModel).toEqual({ digest, adapterDigest });
  expect(answer.outcomeTiming?.inferenceMs).toBeGreaterThan(0);
  const only = await ask(Verifiers.OUTCOME);
  expect([only.answer.model, only.answer.timing]).toEqual([undefined, undefined]);
  const { outcomeModel, info } = await client.info({});
  expect(outcomeModel).toEqual({ digest, adapterDigest });
  expect(info?.models).toHaveLength(2);
});

it('refuses to ask an outcome verifier that there is none of', async () => {
  await using without = await startProgram('verification', ['--model', process]);
  using other = createClient(verification.VerificationServiceDefinition, without.address);
  const refused = await refusalOf(other.score({ rows, verifiers: Verifiers.BOTH }));
  expect(refused).toMatchObject({ kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' });
  expect((await other.score({ rows })).scores).toHaveLength(rows.length);
});
