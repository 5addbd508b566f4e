import { SipfError } from '@sipf/errors';
import { parameterShapes, saveAdapterFolder, saveModelFolder, type HostTensor } from '@sipf/models';
import { unpackState, type StateLayout } from '../step/index.ts';
import type { StartingModel } from './starting-model.ts';
import type { TrainingJob } from './training-job.ts';

/** What a training has made. */
export interface TrainedParameters {
  readonly layout: StateLayout;
  /** float32 [size] */
  readonly flat: Float32Array;
}

/**
 * Saves the result: a Hugging Face folder of all tensors, or a PEFT folder of the adapter.
 * @returns the folder's digest
 * @throws SipfError already-exists FOLDER_EXISTS
 */
export function saveResult(
  job: TrainingJob,
  model: StartingModel,
  trained: TrainedParameters,
): Promise<string> {
  return job.trainable.kind === 'lora'
    ? saveAdapter(job, model, { ...trained, trainable: job.trainable })
    : saveModel(job, model, trained);
}

function saveModel(
  job: TrainingJob,
  model: StartingModel,
  { layout, flat }: TrainedParameters,
): Promise<string> {
  const trained = unpackState(layout, flat);
  const tensors = new Map(
    [...parameterShapes(model.config)].map(([name, shape]) => [
      name,
      hostTensor(shape, trained.get(name) ?? model.read(name)),
    ]),
  );
  return saveModelFolder(job.outputFolder, {
    config: model.config,
    tensors,
    tokenizerFrom: model.tokenizerFolder,
    ...(model.generation !== undefined && { generation: model.generation }),
  });
}

function saveAdapter(
  job: TrainingJob,
  { config, digest }: StartingModel,
  { layout, flat, trainable }: TrainedParameters & { trainable: TrainingJob['trainable'] & { kind: 'lora' } },
): Promise<string> {
  if (digest === undefined) {
    throw new SipfError(
      'invalid-argument',
      'an adapter needs a base that is kept: train fresh weights in full',
      {
        reason: 'TRAINING_INVALID',
        violations: [{ field: 'trainable', description: 'must be full for a model from scratch' }],
      },
    );
  }
  const values = unpackState(layout, flat);
  const tensors = new Map(layout.slots.map(({ name, shape }) => [name, hostTensor(shape, values.get(name))]));
  const { lora, modulesToSave: chosen = [] } = trainable;
  const heads = ['score', 'score_confidence'].filter((module) =>
    layout.slots.some(({ name }) => name.includes(`.${module}.`)),
  );
  const modulesToSave = [...heads, ...chosen];
  return saveAdapterFolder(job.outputFolder, { config, digest }, { lora, tensors, modulesToSave });
}

function hostTensor(shape: readonly number[], data: Float32Array | undefined): HostTensor {
  if (data === undefined) throw new Error('a tensor of the result is missing');
  return { dtype: 'float32', shape, data };
}
