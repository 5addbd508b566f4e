import { FolderArtifactStore, MEDIA_TYPES, type ArtifactRef } from '@sipf/artifacts';
import { common, training } from '@sipf/contracts';
import { isModelFile, loadAdapterFolder, loadModelFolder } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, refusalOf } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import { answer, numbers, prompt, rows } from '../../support/training-rows.ts';

type Client = ServiceClient<training.TrainingServiceDefinition>;
type Spec = Parameters<typeof training.JobSpec.fromPartial>[0];

const { JobState, PreferenceLoss, Quantisation, Schedule, VerifierHead } = training;
const folder = temporaryFolder();
const store = new FolderArtifactStore(join(folder.path, 'store'));
const flags = (state: string): string[] => [
  ...['--artifacts', join(folder.path, 'store'), '--state', join(folder.path, state)],
  ...['--checkpoint-every', '5'],
];
const optimisation = training.Optimisation.create({
  learningRate: 1e-2,
  batchSize: 4,
  maxSteps: 12,
  schedule: Schedule.LINEAR,
  maxGradNorm: 1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  maxSequenceTokens: 64,
});
const lora = {
  rank: 4,
  alpha: 8,
  dropout: 0,
  targetModules: ['q_proj', 'v_proj'],
  modulesToSave: [] as string[],
  quantisation: Quantisation.UNSPECIFIED,
};

let base: common.ModelRef;
let program: RunningProgram;
let client: Client;

beforeAll(async () => {
  const model = await writeModel(folder.path, 'base', randomModel('base'));
  const { digest } = await store.putFolder(model, isModelFile);
  base = common.ModelRef.fromPartial({ digest });
  program = await startProgram('training', flags('state'));
  client = createClient(training.TrainingServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
  expectNoPaths(program.log());
});

async function dataset(lines: readonly unknown[]): Promise<{ digest: string }> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  return {
    digest: (await store.putBytes(new TextEncoder().encode(`${text}\n`), MEDIA_TYPES.jsonLines)).digest,
  };
}

async function supervised(changes: Spec = {}): Promise<training.JobSpec> {
  const objective = { $case: 'supervised', value: {} } as const;
  const data = await dataset(rows.supervised);
  return training.JobSpec.fromPartial({
    baseModel: base,
    dataset: data,
    objective,
    optimisation,
    ...changes,
  });
}

/** Starts a job and follows it to its end. */
async function run(jobId: string, spec: training.JobSpec, on: Client = client) {
  await on.startJob({ jobId, spec });
  const events = await collect(on.watchJob({ jobId, fromStep: 0 }));
  const steps = events.flatMap(({ event }) => (event?.$case === 'metrics' ? [event.value] : []));
  const job = events.flatMap(({ event }) => (event?.$case === 'job' ? [event.value] : [])).at(-1);
  if (job === undefined) throw new Error('the watch reported no job');
  return { job, steps };
}

const folderOf = (digest: string): Promise<string> => {
  const ref: ArtifactRef = { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder };
  return store.folder(ref);
};

it('reports every step of a supervised job and leaves a model that loads', async () => {
  const { job, steps } = await run('sft', await supervised());
  expect(job).toMatchObject({ state: JobState.SUCCEEDED, totalSteps: 12, failure: '' });
  expect(steps.map(({ step }) => step)).toEqual(numbers);
  const losses = steps.map(({ values }) => values['loss'] ?? Number.NaN);
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
  const model = await loadModelFolder(await folderOf(job.result?.digest ?? ''));
  expect(model.config.head).toBe('lm');
  model.close();
});

it('knows a repeated call as the same job and refuses another one under its id', async () => {
  const { job } = await run('twice', await supervised());
  const again = await client.startJob({ jobId: 'twice', spec: await supervised() });
  expect(again.job).toEqual(job);
  const other = await supervised({ seed: 2n });
  const refusal = await refusalOf(client.startJob({ jobId: 'twice', spec: other }));
  expect(refusal).toMatchObject({ kind: 'already-exists', reason: 'JOB_EXISTS' });
});

it('trains an adapter, aligns it further and puts a verifier on it', async () => {
  const first = await run('lora-sft', await supervised({ lora }));
  expect(first.job.result).toMatchObject({ digest: base.digest });
  const adapter = await folderOf(first.job.result?.adapterDigest ?? '');
  const model = await loadModelFolder(await folderOf(base.digest));
  (await loadAdapterFolder(adapter, { config: model.config, digest: model.digest })).close();
  model.close();

  const orpo = { loss: PreferenceLoss.ORPO, lambda: 0.1 };
  const aligned = await run(
    'lora-orpo',
    await supervised({
      baseModel: first.job.result,
      lora,
      dataset: await dataset(rows.preference),
      objective: { $case: 'preference', value: training.PreferenceObjective.fromPartial(orpo) },
    }),
  );
  expect(aligned.job.result?.digest).toBe(base.digest);
  expect(aligned.job.result?.adapterDigest).not.toBe(first.job.result?.adapterDigest);

  const head = { head: VerifierHead.HIDDEN_CONFIDENCE, headOnly: true };
  const verifier = await run(
    'verifier',
    await supervised({
      baseModel: aligned.job.result,
      dataset: await dataset(rows.stepwise),
      objective: { $case: 'rewardModel', value: training.RewardModelObjective.fromPartial(head) },
    }),
  );
  const scorer = await loadModelFolder(await folderOf(verifier.job.result?.digest ?? ''));
  expect(scorer.config.head).toMatchObject({ kind: 'token-classification', features: 'hidden+confidence' });
  scorer.close();
});

it('trains an adapter on a base in four bits, and DPO against the model it starts from', async () => {
  const quantised = await run('nf4', await supervised({ lora: { ...lora, quantisation: Quantisation.NF4 } }));
  expect(quantised.job.state).toBe(JobState.SUCCEEDED);
  const dpo = { loss: PreferenceLoss.DPO, beta: 0.1 };
  const { job, steps } = await run(
    'dpo',
    await supervised({
      dataset: await dataset(rows.preference),
      objective: { $case: 'preference', value: training.PreferenceObjective.fromPartial(dpo) },
    }),
  );
  expect(job.failure).toBe('');
  // At the reference itself the margin is 0 and the loss log 2.
  expect(steps[0]?.values['loss']).toBeCloseTo(Math.log(2), 4);
});

it('keeps a doubly quantised base, accumulates, drops out and trains the embedding whole', async () => {
  const settings = { ...lora, dropout: 0.1, modulesToSave: ['embed_tokens'] };
  const { job } = await run(
    'everything',
    await supervised({
      lora: { ...settings, quantisation: Quantisation.NF4_DOUBLE },
      optimisation: { ...optimisation, accumulation: 2, recomputeActivations: true, vocabularyPiece: 8 },
    }),
  );
  expect(job.failure).toBe('');
  const model = await loadModelFolder(await folderOf(base.digest));
  const folder = await folderOf(job.result?.adapterDigest ?? '');
  const adapter = await loadAdapterFolder(folder, { config: model.config, digest: model.digest });
  const [trained] = adapter.tensors.names.filter((name) => name.endsWith('embed_tokens.weight'));
  expect(adapter.tensors.float32(trained ?? '')).not.toEqual(
    model.tensors.float32('model.embed_tokens.weight'),
  );
  adapter.close();
  model.close();
});

it('refuses what its processors do not multiply in, by name', async () => {
  const half = { ...optimisation, precision: training.Precision.FLOAT16 };
  const { job } = await run('half', await supervised({ optimisation: half }));
  expect(job).toMatchObject({ state: JobState.FAILED });
  expect(job.failureReason).toBe(common.ErrorReason.TRAINING_INVALID);
  expect(job.failure).toContain('precision');
});

it('fails a job with the line and the field that is wrong, and continues with the next', async () => {
  const lines = [JSON.stringify(rows.supervised[0]), '{"prompt": "x"}'];
  const { job } = await run('bad-row', await supervised({ dataset: await dataset(lines) }));
  expect(job).toMatchObject({ state: JobState.FAILED });
  expect(job.failure).toContain(':2: completion');
  const missing = { digest: `sha256:${'0'.repeat(64)}` };
  const lost = await run('no-data', await supervised({ dataset: missing }));
  expect(lost.job.failureReason).toBe(common.ErrorReason.ARTIFACT_NOT_FOUND);
  const refusal = await refusalOf(client.getJob({ jobId: 'never' }));
  expect(refusal).toMatchObject({ kind: 'not-found', reason: 'JOB_NOT_FOUND' });
});

it('leaves rows that are too long out only where it may, and counts them', async () => {
  const long = { prompt: prompt(1), completion: answer(1).repeat(8) };
  const data = await dataset([...rows.supervised, long]);
  const strict = await run('long-error', await supervised({ dataset: data }));
  expect(strict.job).toMatchObject({ state: JobState.FAILED });
  const lenient = await run(
    'long-drop',
    await supervised({ dataset: data, optimisation: { ...optimisation, dropLongerRows: true } }),
  );
  expect(lenient.job).toMatchObject({ state: JobState.SUCCEEDED, droppedRows: 1 });
  const none = await run(
    'long-all',
    await supervised({
      dataset: await dataset([long]),
      optimisation: { ...optimisation, dropLongerRows: true },
    }),
  );
  expect(none.job.failure).toContain('each of 1 rows is longer than ');
});

it('stops a job that is cancelled', async () => {
  const endless = { ...optimisation, maxSteps: 1_000_000 };
  await client.startJob({ jobId: 'endless', spec: await supervised({ optimisation: endless }) });
  const { job } = await client.cancelJob({ jobId: 'endless' });
  expect(job?.state).toBe(JobState.CANCELLED);
});

it('resumes a job after its process was killed, to the same model', async () => {
  const spec = await supervised({ optimisation: { ...optimisation, maxSteps: 300 } });
  const whole = await run('whole', spec);
  const state = flags('killed');
  const doomed = await startProgram('training', state);
  const lost = createClient(training.TrainingServiceDefinition, doomed.address);
  await lost.startJob({ jobId: 'killed', spec });
  for await (const { event } of lost.watchJob({ jobId: 'killed', fromStep: 0 })) {
    if (event?.$case === 'metrics' && event.value.step >= 40) break;
  }
  doomed.child.kill('SIGKILL');
  await doomed.ended;
  lost.close();

  await using revived = await startProgram('training', state);
  const again = createClient(training.TrainingServiceDefinition, revived.address);
  const { job, steps } = await run('killed', spec, again);
  again.close();
  expect(job).toMatchObject({ state: JobState.SUCCEEDED, restarts: 1 });
  expect(job.result).toEqual(whole.job.result);
  expect(steps).toEqual(whole.steps);
});
