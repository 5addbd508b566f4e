import { FolderArtifactStore } from '@sipf/artifacts';
import { verification, type common } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refusalOf } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeAdapter, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const MAX_ADAPTERS = 2;
const head = { kind: 'token-classification', numLabels: 2, features: 'hidden' } as const;
const folder = temporaryFolder();
const rows = [
  { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] },
  { id: 'b', question: '9-1', steps: ['#### 8'] },
];
const refs: common.ModelRef[] = [];
let program: RunningProgram;
let client: ServiceClient<verification.VerificationServiceDefinition>;

beforeAll(async () => {
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  const base = randomModel('base');
  const { digest } = await store.putFolder(await writeModel(folder.path, 'base', base));
  for (const seed of ['one', 'two', 'three', 'four']) {
    const dir = await writeAdapter(join(folder.path, seed), base, digest, { seed, head });
    refs.push({ digest, adapterDigest: (await store.putFolder(dir)).digest });
  }
  program = await startProgram('verification', [
    ...['--artifacts', join(folder.path, 'store')],
    ...['--max-adapters', String(MAX_ADAPTERS)],
  ]);
  client = createClient(verification.VerificationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

async function scoresOf(model: common.ModelRef): Promise<readonly verification.RowScore[]> {
  const answer = await client.score({ model, rows });
  expect(answer.model).toEqual(model);
  return answer.scores;
}

async function loaded(): Promise<(string | undefined)[]> {
  const { info } = await client.info({});
  return (info?.models ?? []).map(({ model }) => model?.adapterDigest);
}

it('answers for the adapter that a request names, with any number of them asked at once', async () => {
  const alone: (readonly verification.RowScore[])[] = [];
  for (const ref of refs) alone.push(await scoresOf(ref));
  expect(new Set(alone.map((scores) => JSON.stringify(scores))).size).toBe(refs.length);
  const calls = Array.from({ length: 24 }, (_, at) => at % refs.length);
  const answers = await Promise.all(calls.map((at) => scoresOf(refs[at] as common.ModelRef)));
  expect(answers).toEqual(calls.map((at) => alone[at]));
});

it('holds no more than it may, and lets go of the least recently used', async () => {
  for (const ref of refs) await scoresOf(ref);
  const digests = refs.map(({ adapterDigest }) => adapterDigest);
  expect(await loaded()).toEqual(digests.slice(-MAX_ADAPTERS));
  await scoresOf(refs[2] as common.ModelRef);
  await scoresOf(refs[0] as common.ModelRef);
  expect(await loaded()).toEqual([digests[2], digests[0]]);
});

it('refuses the base alone, which has no head, and keeps serving', async () => {
  const { digest } = refs[0] as common.ModelRef;
  const refusal = await refusalOf(client.score({ model: { digest }, rows }));
  expect(refusal).toMatchObject({ kind: 'failed-precondition' });
  expect(await scoresOf(refs[0] as common.ModelRef)).toHaveLength(rows.length);
});
