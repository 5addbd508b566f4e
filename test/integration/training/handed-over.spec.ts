import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { common, training } from '@sipf/contracts';
import { isModelFile } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../run/step.ts';
import { collect, expectNoPaths, refusalOf } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { rewardModel } from '../../support/reward-model.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

const { ErrorReason } = common;
const { JobState, PreferenceLoss, Quantisation, Schedule } = training;
const folder = temporaryFolder();
const store = new FolderArtifactStore(join(folder.path, 'store'));
const state = join(folder.path, 'state');
const script = join(state, 'script.json');
const flags = [
  ...[
    '--artifacts',
    join(folder.path, 'store'),
    '--state',
    state,
    '--trainer',
    'trl',
    '--trainer-processes',
    '2',
  ],
  ...['--trainer-command', join(root, 'test/support/scripted-trainer.mjs')],
];
const optimisation = training.Optimisation.create({
  ...{ learningRate: 1e-2, batchSize: 4, maxSteps: 4, schedule: Schedule.LINEAR, maxSequenceTokens: 64 },
  ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
});
let base: string;
let dataset: string;
let program: RunningProgram;
let client: ServiceClient<training.TrainingServiceDefinition>;

beforeAll(async () => {
  base = (await store.putFolder(await writeModel(folder.path, 'base', randomModel('base')), isModelFile))
    .digest;
  const rows = [1, 2, 3, 4].map((n) => ({ prompt: `${n}+1\n`, completion: `#### ${n + 1}` }));
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  dataset = (await store.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.jsonLines)).digest;
  program = await startProgram('training', flags);
  client = createClient(training.TrainingServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
});

function spec(changes: Parameters<typeof training.JobSpec.fromPartial>[0] = {}): training.JobSpec {
  return training.JobSpec.fromPartial({
    ...{ baseModel: { digest: base }, dataset: { digest: dataset }, optimisation },
    objective: { $case: 'supervised', value: {} },
    ...changes,
  });
}

type Attempt = readonly [
  steps: number,
  then: 'finish' | 'litter' | 'diverge' | 'babble' | 'crash' | 'exit' | 'hang',
];

/** Starts a job whose trainer does, attempt by attempt, what is said. */
async function start(jobId: string, ...attempts: Attempt[]): Promise<void> {
  writeFileSync(script, JSON.stringify(attempts.map(([steps, then]) => ({ steps, then }))));
  await client.startJob({ jobId, spec: spec() });
}

async function follow(jobId: string) {
  const events = await collect(client.watchJob({ jobId, fromStep: 0 }));
  const steps = events.flatMap(({ event }) => (event?.$case === 'metrics' ? [event.value.step] : []));
  const job = events.flatMap(({ event }) => (event?.$case === 'job' ? [event.value] : [])).at(-1);
  expectNoPaths(job?.failure ?? '');
  return { job, steps };
}

it('reports a trainer’s steps and keeps what it leaves', async () => {
  await start('well', [4, 'finish']);
  const { job, steps } = await follow('well');
  expect(job).toMatchObject({ state: JobState.SUCCEEDED, totalSteps: 4, restarts: 0, failure: '' });
  expect(job?.result?.digest).toBe(base);
  expect(steps).toEqual([1, 2, 3, 4]);
  const { info } = await client.info({});
  expect(info?.devices).toEqual(['trl x 2']);
  expect(info?.engine).toMatchObject({ kind: 'trl', processes: 2 });
});

it('resumes with a trainer that dies, as long as it comes further', async () => {
  await start('dying', [1, 'crash'], [3, 'exit'], [4, 'finish']);
  const { job, steps } = await follow('dying');
  expect(job).toMatchObject({ state: JobState.SUCCEEDED, restarts: 2 });
  expect(steps).toEqual([1, 2, 3, 4]);
});

it.each<[string, Attempt[], object]>([
  ['comes no further', [[2, 'crash']], { failureReason: ErrorReason.TRAINER_FAILED, restarts: 1 }],
  ['ends before its first step', [[0, 'exit']], { failureReason: ErrorReason.TRAINER_FAILED, restarts: 0 }],
  [
    'diverges',
    [[2, 'diverge']],
    { failureReason: ErrorReason.TRAINING_DIVERGED, failure: 'loss of step 3 is not a number' },
  ],
  ['talks nonsense', [[2, 'babble']], { failureReason: ErrorReason.TRAINER_FAILED }],
  [
    'leaves rubbish',
    [[4, 'litter']],
    {
      failureReason: ErrorReason.TRAINER_FAILED,
      failure: expect.stringContaining('does not match the order') as string,
    },
  ],
])('fails a job whose trainer %s, with the reason', async (what, attempts, expected) => {
  const id = what.replaceAll(' ', '-');
  await start(id, ...attempts);
  expect((await follow(id)).job).toMatchObject({ state: JobState.FAILED, ...expected });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function deafPid(): Promise<number> {
  const read = (): number => {
    try {
      return Number(readFileSync(join(state, 'deaf'), 'utf8'));
    } catch {
      return 0;
    }
  };
  await expect.poll(read, { timeout: 20_000 }).toBeGreaterThan(0);
  const pid = read();
  writeFileSync(join(state, 'deaf'), '0');
  return pid;
}

it('ends every process of a cancelled trainer, and resumes from its checkpoint when it is asked to', async () => {
  await start('cancelled', [2, 'hang'], [4, 'finish']);
  const deaf = await deafPid();
  expect(isAlive(deaf)).toBe(true);
  const { job } = await client.cancelJob({ jobId: 'cancelled' });
  expect(job?.state).toBe(JobState.CANCELLED);
  await expect.poll(() => isAlive(deaf)).toBe(false);
  await client.startJob({ jobId: 'cancelled', spec: spec() });
  const again = await follow('cancelled');
  expect(again.job).toMatchObject({ state: JobState.SUCCEEDED });
  expect(again.steps).toEqual([1, 2, 3, 4]);
}, 60_000);

it('resumes after the service itself was killed', async () => {
  await start('orphaned', [3, 'hang'], [4, 'finish']);
  const deaf = await deafPid();
  program.child.kill('SIGKILL');
  await program.ended;
  client.close();
  program = await startProgram('training', flags);
  client = createClient(training.TrainingServiceDefinition, program.address);
  const { job, steps } = await follow('orphaned');
  expect(job).toMatchObject({ state: JobState.SUCCEEDED, restarts: 1 });
  expect(steps).toEqual([1, 2, 3, 4]);
  process.kill(deaf, 'SIGKILL');
});

it.each<[string, Parameters<typeof spec>[0]]>([
  ['spec.lora.quantisation', { lora: { rank: 2, alpha: 2, quantisation: Quantisation.INT8 } }],
  [
    'spec.reward_model.quantisation',
    { objective: rewardModel({ headOnly: true, quantisation: Quantisation.INT4 }) },
  ],
  [
    'spec.reward_model.quantisation',
    {
      objective: rewardModel({ headOnly: true, quantisation: Quantisation.NF4 }),
      baseModel: { digest: `sha256:${'0'.repeat(64)}`, adapterDigest: `sha256:${'1'.repeat(64)}` },
    },
  ],
])('refuses at once what the trainer does not do: %s', async (field, changes) => {
  const refusal = await refusalOf(client.startJob({ jobId: 'refused', spec: spec(changes) }));
  expect(refusal).toMatchObject({
    kind: 'unimplemented',
    reason: 'OBJECTIVE_UNSUPPORTED',
    violations: [{ field }],
  });
});

it('refuses DPO of fresh weights, which have no reference', async () => {
  const value = training.PreferenceObjective.fromPartial({ loss: PreferenceLoss.DPO, beta: 0.1 });
  const fresh = spec({ objective: { $case: 'preference', value }, initialConfig: { digest: base } });
  expect(await refusalOf(client.startJob({ jobId: 'fresh', spec: fresh }))).toMatchObject({
    kind: 'invalid-argument',
    violations: [{ field: 'spec.base_model' }],
  });
});

it('refuses batches that its processes cannot share, and rows that are too long', async () => {
  const odd = spec({ optimisation: { ...optimisation, batchSize: 3 } });
  expect(await refusalOf(client.startJob({ jobId: 'odd', spec: odd }))).toMatchObject({
    reason: 'INVALID_FIELD',
    violations: [{ field: 'spec.optimisation.batch_size' }],
  });
  await client.startJob({
    jobId: 'long',
    spec: spec({ optimisation: { ...optimisation, maxSequenceTokens: 5 } }),
  });
  expect((await follow('long')).job).toMatchObject({ failureReason: ErrorReason.DATASET_INVALID });
});

it('wants to know how to start its trainer', async () => {
  const { status, log } = await runProgram('training', flags.slice(0, -2));
  expect([status, log.includes('--trainer-python, --trainer-command')]).toEqual([64, true]);
});
