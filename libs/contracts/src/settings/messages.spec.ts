import { expect, it } from 'vitest';
import * as training from '../generated/sipf/training/v1/training.ts';
import { parseRunConfig } from '../run-config/parse.ts';
import { fromOptimisation, toLora, toOptimisation } from './messages.ts';

const memory = { recomputeLayers: true, recomputeActivations: true, vocabularyPiece: 512 };
const config = parseRunConfig({
  method: 'sft',
  task: { name: 'arithmetic' },
  policy: {
    model: 'base',
    lora: {
      ...{ rank: 8, alpha: 16, dropout: 0.1, targetModules: ['q_proj'] },
      ...{ quantisation: 'nf4-double', modulesToSave: ['embed_tokens'] },
    },
  },
  sft: {
    ...{ learningRate: 1e-3, accumulation: 4, schedule: 'cosine', longerRows: 'drop', groupByLength: true },
    ...{ weightDecay: 0.1, decay: 'all' },
    ...{ ...memory, precision: 'bfloat16', promptSharing: 'never' },
  },
  sampling: { maxNewTokens: 8 },
  evaluation: { maxNewTokens: 8 },
});

it('takes every setting of an optimisation into the job', () => {
  if (config.sft === undefined) throw new TypeError('the configuration has an SFT stage');
  expect(toOptimisation(config.sft)).toEqual({
    ...{ learningRate: 1e-3, batchSize: 16, accumulation: 4, epochs: 1, maxSteps: 0, warmupRatio: 0.1 },
    ...{ schedule: training.Schedule.COSINE, weightDecay: 0.1, maxGradNorm: 0.3 },
    ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, maxSequenceTokens: 512 },
    ...{ dropLongerRows: true, groupByLength: true, ...memory },
    precision: training.Precision.BFLOAT16,
    promptSharing: training.PromptSharing.NEVER,
    decay: training.Decay.ALL,
  });
});

it('takes every setting of an adapter into the job', () => {
  if (config.policy.lora === undefined) throw new TypeError('the configuration has an adapter');
  expect(toLora(config.policy.lora)).toEqual({
    ...{ rank: 8, alpha: 16, dropout: 0.1, targetModules: ['q_proj'], modulesToSave: ['embed_tokens'] },
    quantisation: training.Quantisation.NF4_DOUBLE,
  });
});

it('reads the settings of a job back as they were', () => {
  if (config.sft === undefined) throw new TypeError('the configuration has an SFT stage');
  expect(fromOptimisation(toOptimisation(config.sft))).toEqual(config.sft);
});

it('takes 0 and unspecified words, which a client leaves out, for the defaults', () => {
  const message = training.Optimisation.fromPartial({ learningRate: 1, batchSize: 3, maxGradNorm: 0 });
  expect(fromOptimisation(message)).toMatchObject({
    ...{ batchSize: 3, accumulation: 1, maxSteps: undefined, vocabularyPiece: undefined, maxGradNorm: 0 },
    ...{ schedule: 'linear', decay: 'matrices', precision: 'float32', longerRows: 'error' },
  });
});
