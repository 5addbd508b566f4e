import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { type common, generation, training, verification } from '@sipf/contracts';
import { isModelFile, loadAdapterFolder, loadModelFolder, openSafetensors } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, expectNoPaths } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { rewardModel } from '../../support/reward-model.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import { numbers, prompt, rows } from '../../support/training-rows.ts';

const python = process.env['PEER_PYTHON'];
if (python === undefined)
  process.stderr.write('skipping training by TRL: PEER_PYTHON names no Python that has it\n');

const { JobState, PreferenceLoss, Schedule } = training;
const STEPS = 3;
/** Python takes its time to load PyTorch and TRL, once a process. */
const LIMIT_MS = 240_000;

const optimisation = training.Optimisation.create({
  ...{ learningRate: 1e-2, batchSize: 4, maxSteps: STEPS, schedule: Schedule.LINEAR, maxSequenceTokens: 64 },
  ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, maxGradNorm: 1 },
});
const orpo = {
  $case: 'preference',
  value: training.PreferenceObjective.fromPartial({ loss: PreferenceLoss.ORPO, lambda: 0.1 }),
} as const;
const verifier = rewardModel({ promptTemplate: '{question}\n' });
const lora = { rank: 4, alpha: 8, dropout: 0, targetModules: ['q_proj', 'v_proj'], modulesToSave: [] };

describe.skipIf(python === undefined)('training by TRL', () => {
  const folder = temporaryFolder();
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  let base: string;
  /** Two processes, one where two would show nothing more, and the engine for comparison. */
  let [trl, single, engine]: RunningProgram[] = [];
  let client: ServiceClient<training.TrainingServiceDefinition>;
  let alone: typeof client;

  /** Checkpoints by time alone. */
  const flags = (name: string): string[] => [
    ...['--artifacts', join(folder.path, 'store'), '--state', join(folder.path, name)],
    ...['--checkpoint-every', '1000000', '--checkpoint-seconds', '1'],
  ];
  const trlFlags = (name: string, processes: number): string[] => [
    ...[...flags(name), '--trainer', 'trl', '--trainer-python', python ?? ''],
    ...['--trainer-processes', String(processes), '--max-jobs', '1'],
  ];

  beforeAll(async () => {
    base = (await store.putFolder(await writeModel(folder.path, 'base', randomModel('base')), isModelFile))
      .digest;
    [trl, single, engine] = await Promise.all([
      startProgram('training', trlFlags('trl', 2)),
      startProgram('training', trlFlags('single', 1)),
      startProgram('training', flags('engine')),
    ]);
    client = createClient(training.TrainingServiceDefinition, trl.address);
    alone = createClient(training.TrainingServiceDefinition, single.address);
  });

  afterAll(async () => {
    client.close();
    alone.close();
    await trl?.[Symbol.asyncDispose]();
    await single?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    folder.remove();
  });

  async function spec(
    kind: keyof typeof rows,
    changes: Parameters<typeof training.JobSpec.fromPartial>[0] = {},
  ): Promise<training.JobSpec> {
    const text = rows[kind].map((row) => `${JSON.stringify(row)}\n`).join('');
    const dataset = await store.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.jsonLines);
    return training.JobSpec.fromPartial({
      ...{ baseModel: { digest: base }, dataset: { digest: dataset.digest }, optimisation, seed: 5n },
      objective: { $case: 'supervised', value: {} },
      ...changes,
    });
  }

  async function follow(on: typeof client, jobId: string) {
    const events = await collect(on.watchJob({ jobId, fromStep: 0 }, { deadlineMs: LIMIT_MS }));
    const steps = events.flatMap(({ event }) => (event?.$case === 'metrics' ? [event.value] : []));
    const job = events.flatMap(({ event }) => (event?.$case === 'job' ? [event.value] : [])).at(-1);
    expectNoPaths(job?.failure ?? '');
    const log = [trl, single].map((program) => program?.log()).join('');
    expect([job?.failure, job?.state], log).toEqual(['', JobState.SUCCEEDED]);
    return { job: job as training.Job, steps };
  }

  async function run(jobId: string, wanted: training.JobSpec, on = client) {
    await on.startJob({ jobId, spec: wanted });
    return await follow(on, jobId);
  }

  const folderOf = (digest = ''): Promise<string> =>
    store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });

  /** The tensors of an adapter's folder. */
  function adapterTensors(dir: string): Record<string, readonly number[]> {
    const file = openSafetensors(join(dir, 'adapter_model.safetensors'));
    const tensors = Object.fromEntries(file.names.map((name) => [name, [...file.float32(name)]]));
    file.close();
    return tensors;
  }

  /** The generation service takes what was trained, and it is not what it was trained from. */
  async function expectWrites(model: common.ModelRef | undefined): Promise<void> {
    await using service = await startProgram('generation', ['--artifacts', join(folder.path, 'store')]);
    using writer = createClient(generation.GenerationServiceDefinition, service.address);
    const ask = async (ref: Partial<common.ModelRef> | undefined) => {
      const sampling = { n: 1, greedy: true, maxNewTokens: 24 };
      const prompts = numbers.map((n) => ({ id: String(n), text: prompt(n) }));
      const request = generation.GenerateRequest.fromPartial({ model: ref ?? {}, prompts, sampling });
      return await collect(writer.generate(request));
    };
    const [trained, before] = [await ask(model), await ask({ digest: base })];
    expect(trained[0]?.model).toEqual(model);
    const words = (paths: generation.GenerateResponse[]) =>
      paths.map(({ promptId, text }) => promptId + text).sort();
    expect(words(trained)).not.toEqual(words(before));
  }

  it(
    'aligns by ORPO on two processes to the loss that the engine has, and leaves a model that writes',
    async () => {
      const wanted = await spec('preference', { objective: orpo });
      // All rows in one update: the order does not matter, and the first loss is the engine's but for rounding.
      const whole = { ...wanted, optimisation: { ...optimisation, batchSize: 12, maxSteps: 2 } };
      const { job, steps } = await run('orpo', whole);
      expect(job).toMatchObject({ totalSteps: 2, step: 2 });
      using own = createClient(training.TrainingServiceDefinition, engine?.address ?? '');
      const { steps: reference } = await run('orpo', whole, own);
      const values = (all: training.StepMetrics[], name: string) =>
        all.map((step) => step.values[name] ?? Number.NaN);
      for (const name of ['loss', 'rewards/accuracies']) {
        const [first = 0] = values(reference, name);
        expect(values(steps, name)[0]).toBeCloseTo(first, 3);
      }
      expect(values(steps, 'loss')[1]).toBeLessThan(values(steps, 'loss')[0] ?? 0);
      expect(steps[0]?.values).toMatchObject({ learning_rate: 1e-2 });
      const model = await loadModelFolder(await folderOf(job.result?.digest));
      expect(model.config.head).toBe('lm');
      model.close();
      await expectWrites(job.result);
    },
    LIMIT_MS,
  );

  it(
    'trains an adapter by SFT that the generation service puts on its base, and aligns it further',
    async () => {
      const first = await run('sft', await spec('supervised', { lora }));
      expect(first.steps.map(({ step }) => step)).toEqual([1, 2, 3]);
      expect(first.job.result?.digest).toBe(base);
      const model = await loadModelFolder(await folderOf(base));
      const adapter = await folderOf(first.job.result?.adapterDigest);
      const opened = await loadAdapterFolder(adapter, { config: model.config, digest: model.digest });
      expect(opened).toMatchObject({ baseDigest: base, lora: { rank: 4, alpha: 8 } });
      opened.close();
      model.close();
      await expectWrites(first.job.result);
      const further = await spec('preference', { objective: orpo, lora, baseModel: first.job.result });
      const second = await run('further', further, alone);
      expect(second.job.result?.adapterDigest).not.toBe(first.job.result?.adapterDigest);
      await expectWrites(second.job.result);
    },
    2 * LIMIT_MS,
  );

  it(
    'trains a verifier that the verification service loads',
    async () => {
      const { job } = await run('verifier', await spec('stepwise', { objective: verifier }), alone);
      const dir = await folderOf(job.result?.digest);
      await using service = await startProgram('verification', ['--model', dir]);
      expect(service.address).not.toBe('');
      const model = await loadModelFolder(dir);
      expect(model.config.head).toMatchObject({
        kind: 'token-classification',
        features: 'hidden',
        numLabels: 2,
      });
      expect(model.config.head).toMatchObject({ promptTemplate: '{question}\n' });
      model.close();
      const adapted = await run('verifier-adapter', await spec('stepwise', { objective: verifier, lora }));
      const flags = ['--artifacts', join(folder.path, 'store')];
      await using another = await startProgram('verification', flags);
      using scorer = createClient(verification.VerificationServiceDefinition, another.address);
      const steps = rows.stepwise[0]?.completions ?? [];
      const request = { model: adapted.job.result, rows: [{ id: 'a', question: '1+1', steps }] };
      const { scores } = await scorer.score(verification.ScoreRequest.fromPartial(request));
      expect(scores[0]?.result?.$case).toBe('steps');
    },
    LIMIT_MS,
  );

  it(
    'puts a verifier on a policy that is an adapter, which has no head: on the adapter, and merged',
    async () => {
      const { job: policy } = await run('headless', await spec('supervised', { lora }), alone);
      const on = { objective: verifier, baseModel: policy.result };
      // Nothing but rounding is learnt at this rate: the adapter is the policy's.
      const still = { ...optimisation, learningRate: 1e-12 };
      const { job } = await run(
        'on-adapter',
        await spec('stepwise', { ...on, lora, optimisation: still }),
        alone,
      );
      const [given, left] = await Promise.all(
        [policy, job].map(async ({ result }) => adapterTensors(await folderOf(result?.adapterDigest))),
      );
      expect(Object.keys(left ?? {}).filter((name) => name.includes('score.weight'))).toHaveLength(1);
      for (const [name, values] of Object.entries(given ?? {}))
        values.forEach((each, at) => {
          expect(left?.[name]?.[at]).toBeCloseTo(each, 6);
        });
      const merged = await run('on-merged', await spec('stepwise', on), alone);
      const model = await loadModelFolder(await folderOf(merged.job.result?.digest));
      expect(model.config.head).toMatchObject({ kind: 'token-classification', features: 'hidden' });
      model.close();
    },
    2 * LIMIT_MS,
  );

  it(
    'resumes from its last checkpoint after all its processes were killed, with the service',
    async () => {
      const longer = await spec('supervised', { optimisation: { ...optimisation, maxSteps: 400 } });
      await client.startJob({ jobId: 'killed', spec: longer });
      const progress = join(folder.path, 'trl/jobs/killed/trainer/progress.jsonl');
      const checkpoints = (): number[] =>
        [...readFileSync(progress, 'utf8').matchAll(/"checkpoint", "step": (\d+)/g)].map(([, step]) =>
          Number(step),
        );
      for await (const { event } of client.watchJob(
        { jobId: 'killed', fromStep: 0 },
        { deadlineMs: LIMIT_MS },
      )) {
        if (event?.$case === 'metrics' && checkpoints().length >= 2) break;
      }
      client.close();
      trl?.child.kill('SIGKILL');
      await trl?.ended;
      // The processes end by themselves: the file stops growing.
      const size = () => readFileSync(progress).length;
      let before = -1;
      await expect
        .poll(
          async () => {
            before = size();
            await sleep(1500);
            return size() - before;
          },
          { timeout: 30_000 },
        )
        .toBe(0);
      const checkpointed = checkpoints().at(-1) ?? 0;
      expect(checkpointed).toBeLessThan(400);
      rmSync(progress);
      trl = await startProgram('training', trlFlags('trl', 2));
      client = createClient(training.TrainingServiceDefinition, trl.address);
      const seen: number[] = [];
      for await (const { event } of client.watchJob(
        { jobId: 'killed', fromStep: 0 },
        { deadlineMs: LIMIT_MS },
      )) {
        if (event?.$case === 'metrics') seen.push(event.value.step);
        if (seen.length > checkpointed + 1) break;
      }
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
      const { job } = await client.cancelJob({ jobId: 'killed' }, { deadlineMs: LIMIT_MS });
      expect(job).toMatchObject({ state: JobState.CANCELLED, restarts: 1 });
    },
    LIMIT_MS,
  );
});
