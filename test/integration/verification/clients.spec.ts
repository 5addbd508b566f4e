import { connectVerifier, type PathScores, type VerifierClient } from '@sipf/client';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../run/step.ts';
import { collect, refusalOf } from '../../support/calls.ts';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const PYTHON = process.env['PEER_PYTHON'] ?? 'python3';
const hasGrpcio = spawnSync(PYTHON, ['-c', 'import grpc, grpc_tools']).status === 0;
const folder = temporaryFolder();
const paths = [
  { question: '1+1', steps: ['<<1+1=2>>', '#### 2'] },
  { question: '9-1', steps: ['#### 8'] },
  { question: '1+1', steps: ['1'.repeat(80)] },
];
let program: RunningProgram;
let client: VerifierClient;

beforeAll(async () => {
  const model = await writeModel(folder.path, 'verifier', randomVerifier('clients'));
  program = await startProgram('verification', ['--model', model]);
  client = connectVerifier(program.address, { batch: 2, clientId: 'test' });
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

function probabilitiesOf(scores: PathScores | undefined): readonly number[] {
  if (scores?.kind !== 'scored') throw new Error(JSON.stringify(scores));
  return scores.probabilities;
}

it('gives scores as plain values, and refusals by path', async () => {
  const [first, second, third] = await client.score(paths);
  expect([probabilitiesOf(first).length, probabilitiesOf(second).length]).toEqual([2, 1]);
  expect(first).toMatchObject({ last: probabilitiesOf(first)[1], min: Math.min(...probabilitiesOf(first)) });
  expect(third).toMatchObject({ kind: 'refused', reason: 'SEQUENCE_TOO_LONG' });
  const [cut] = await client.score([{ question: '1+1', text: '<<1+1=2>>\n#### 2' }]);
  expect(cut).toEqual(first);
});

it('streams any number of paths in their order', async () => {
  const many = Array.from({ length: 25 }, (_, at) => paths[at % 2] ?? paths[0]).flatMap((path) => path ?? []);
  const [first, second] = await client.score(paths);
  const streamed = await collect(client.scoreAll(many));
  expect(streamed).toEqual(many.map((_, at) => (at % 2 === 0 ? first : second)));
});

it('keeps to the model that it names', async () => {
  using fenced = connectVerifier(program.address, { digest: `sha256:${'0'.repeat(64)}` });
  expect(await refusalOf(fenced.score(paths))).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
  expect((await client.info()).verifiers).toMatchObject([{ format: 'sipf' }]);
});

it.skipIf(!hasGrpcio)('answers Python that has grpcio and the .proto files alone', async () => {
  const input = paths.map((path) => JSON.stringify(path)).join('\n');
  const script = join(root, 'libs/clients/python/score.py');
  const { stdout } = spawnSync(PYTHON, [script, program.address, join(root, 'proto')], {
    input,
    encoding: 'utf8',
  });
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { probabilities?: number[]; error?: string });
  const scores = await client.score(paths);
  expect(rows.slice(0, 2).map(({ probabilities }) => probabilities)).toEqual(
    scores.slice(0, 2).map(probabilitiesOf),
  );
  expect(rows[2]?.error).toContain('the verifier takes 64');
});
