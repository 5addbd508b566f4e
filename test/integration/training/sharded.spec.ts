import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { training } from '@sipf/contracts';
import { isModelFile, loadModelFolder } from '@sipf/models';
import { createClient } from '@sipf/service';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../run/step.ts';
import { collect } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram } from '../../support/start-program.ts';
import { rows } from '../../support/training-rows.ts';

const python = process.env['PEER_PYTHON'];
const isAsked = python !== undefined && process.env['SIPF_NIGHTLY'] === '1';
if (!isAsked)
  process.stderr.write('skipping sharded trainings by TRL: they need PEER_PYTHON and SIPF_NIGHTLY=1\n');
/** Two processes load PyTorch, three times. */
const LIMIT_MS = 600_000;

const optimisation = training.Optimisation.create({
  ...{ learningRate: 1e-3, batchSize: 12, maxSteps: 3, schedule: training.Schedule.CONSTANT },
  ...{
    maxSequenceTokens: 64,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    maxGradNorm: 1,
    recomputeLayers: true,
  },
});

describe.skipIf(!isAsked)('a training by TRL whose processes share the weights', () => {
  const folder = temporaryFolder();
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  let spec: training.JobSpec;

  beforeAll(async () => {
    const base = await store.putFolder(
      await writeModel(folder.path, 'base', randomModel('base')),
      isModelFile,
    );
    const text = rows.preference.map((row) => `${JSON.stringify(row)}\n`).join('');
    const { digest } = await store.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.jsonLines);
    const value = { loss: training.PreferenceLoss.DPO, beta: 0.1 };
    spec = training.JobSpec.fromPartial({
      ...{ baseModel: { digest: base.digest }, dataset: { digest }, optimisation },
      objective: { $case: 'preference', value },
    });
  });
  afterAll(folder.remove);

  /** A `--trainer-command` that runs two processes with FSDP on CPUs. */
  function command(): string {
    const path = join(folder.path, 'trainer.sh');
    const torchrun = `${python ?? ''} -m torch.distributed.run --standalone --nproc-per-node=2`;
    const shim = join(root, 'test/support/fsdp-on-cpu.py');
    const script = `#!/bin/sh\nexec ${torchrun} ${shim} "$SIPF_TRAINER_SCRIPT" "$1"\n`;
    writeFileSync(path, script, { mode: 0o755 });
    return path;
  }

  /** The losses and the trained tensors of the job on a service with these flags. */
  async function run(name: string, flags: readonly string[]) {
    const state = ['--state', join(folder.path, name), '--artifacts', join(folder.path, 'store')];
    await using program = await startProgram('training', [...state, ...flags]);
    using client = createClient(training.TrainingServiceDefinition, program.address);
    await client.startJob({ jobId: name, spec });
    const events = await collect(client.watchJob({ jobId: name, fromStep: 0 }, { deadlineMs: LIMIT_MS }));
    const losses = events.flatMap(({ event }) =>
      event?.$case === 'metrics' ? [event.value.values['loss'] ?? NaN] : [],
    );
    const job = events.flatMap(({ event }) => (event?.$case === 'job' ? [event.value] : [])).at(-1);
    expect([job?.failure, job?.state], program.log()).toEqual(['', training.JobState.SUCCEEDED]);
    const digest = job?.result?.digest ?? '';
    const model = await loadModelFolder(
      await store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder }),
    );
    const tensors = new Map(model.tensors.names.map((tensor) => [tensor, model.tensors.float32(tensor)]));
    model.close();
    return { losses, tensors };
  }

  it(
    'has the engine’s losses by fsdp2, and leaves its tensors whole, each once',
    async () => {
      const trl = ['--trainer', 'trl', '--trainer-command', command(), '--trainer-processes', '2'];
      const sharded = await run('fsdp2', [...trl, '--trainer-sharding', 'fsdp2', '--checkpoint-every', '2']);
      const own = await run('engine', []);
      own.losses.forEach((loss, step) => {
        expect(Math.abs((sharded.losses[step] ?? NaN) / loss - 1)).toBeLessThan(1e-4);
      });
      expect([...sharded.tensors.keys()]).toEqual([...own.tensors.keys()]);
      for (const [name, values] of own.tensors) {
        const furthest = values.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - (sharded.tensors.get(name)?.[at] ?? NaN))),
          0,
        );
        expect(furthest, name).toBeLessThan(1e-3);
      }
    },
    LIMIT_MS,
  );
});
