import { expect, it } from 'vitest';
import { SamplingSettings } from '../generated/sipf/common/v1/common.ts';
import * as training from '../generated/sipf/training/v1/training.ts';
import { parseRunConfig } from '../run-config/parse.ts';
import { adapterShape } from './adapter.ts';
import { boundOf } from './fields.ts';
import { fromOptimisation, OPTIMISATION_WORDS, toLora, toOptimisation } from './messages.ts';
import { optimisationShape } from './optimisation.ts';
import { samplingShape } from './sampling.ts';

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

it.each([
  ['Optimisation', Object.keys(optimisationShape), { ...training.Optimisation.create(), longerRows: true }],
  ['LoraSettings', Object.keys(adapterShape), training.LoraSettings.create()],
  ['SamplingSettings', Object.keys(samplingShape), SamplingSettings.create()],
])('the message %s has a field for every setting, by its name', (_, settings, message) => {
  expect(settings.filter((name) => !(name in message))).toEqual([]);
});

it('every setting that is a word has its table', () => {
  const words = Object.entries(optimisationShape).filter(([name, field]) => {
    return (
      field.safeParse(undefined).data !== undefined &&
      typeof field.parse(undefined) === 'string' &&
      name !== 'longerRows'
    );
  });
  expect(Object.keys(OPTIMISATION_WORDS)).toEqual(words.map(([name]) => name));
});

const ends = Object.entries(optimisationShape).flatMap(([name, field]) => {
  const bound = boundOf(field);
  return bound === undefined ? [] : [[name, bound.min] as const, [name, bound.max] as const];
});

it.each(ends)('a job carries %s at %d, the end of its bound, there and back', (name, end) => {
  if (config.sft === undefined) throw new TypeError('the configuration has an SFT stage');
  const settings = { ...config.sft, [name]: end };
  expect(fromOptimisation(toOptimisation(settings))).toEqual(settings);
});
