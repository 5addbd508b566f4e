import { expect, it } from 'vitest';
import { GenerateRequest } from '../generated/sipf/generation/v1/generation.ts';
import { LabelStepsRequest } from '../generated/sipf/simulation/v1/simulation.ts';
import {
  Quantisation,
  Schedule,
  StartJobRequest,
  VerifierHead,
} from '../generated/sipf/training/v1/training.ts';
import { violationsOf } from './requests.ts';

const generate = '/sipf.generation.v1.GenerationService/Generate';
const sampling = { n: 2, temperature: 1, maxNewTokens: 8 };

function fields(method: string, message: unknown): string[] {
  return violationsOf(method, message).map(({ field }) => field);
}

it('accepts a correct sampling request', () => {
  const request = GenerateRequest.fromPartial({ prompts: [{ id: 'q1', text: 'hello' }], sampling });
  expect(fields(generate, request)).toEqual([]);
});

it('names every wrong field of a sampling request', () => {
  const request = GenerateRequest.fromPartial({
    model: { digest: 'latest' },
    prompts: [
      { id: 'q1', text: '' },
      { id: 'q1', text: 'x'.repeat(10_000_000) },
    ],
    sampling: {
      n: 0,
      temperature: -1,
      maxNewTokens: 0,
      topP: 2,
      minP: -1,
      repetitionPenalty: 11,
      stopStrings: [''],
    },
  });
  expect(fields(generate, request)).toEqual([
    'model.digest',
    'sampling.n',
    'sampling.top_p',
    'sampling.min_p',
    'sampling.repetition_penalty',
    'sampling.max_new_tokens',
    'sampling.temperature',
    'sampling.stop_strings[0]',
    'prompts[1].text',
    'prompts[1]',
  ]);
});

it('refuses greedy decoding of several identical paths', () => {
  const request = GenerateRequest.fromPartial({
    prompts: [{ id: 'q', text: '' }],
    sampling: { n: 2, greedy: true, maxNewTokens: 1 },
  });
  expect(fields(generate, request)).toEqual(['sampling.n']);
});

it('refuses NaN and infinite temperatures', () => {
  for (const temperature of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const request = GenerateRequest.fromPartial({
      prompts: [{ id: 'q', text: '' }],
      sampling: { ...sampling, temperature },
    });
    expect(fields(generate, request)).toEqual(['sampling.temperature']);
  }
});

it('keeps tau under the number of roll-outs', () => {
  const request = LabelStepsRequest.fromPartial({
    task: 'gsm8k',
    sampling: { ...sampling, n: 8 },
    tau: 8,
    paths: [{ id: 'p', prompt: 'q', steps: ['s'], goldAnswer: '1' }],
  });
  expect(fields('/sipf.simulation.v1.SimulationService/LabelSteps', request)).toEqual(['tau']);
});

it('refuses a quantised decoder that is trained, and names of modules that are empty', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const request = StartJobRequest.fromPartial({
    jobId: 'x',
    spec: {
      baseModel: { digest },
      dataset: { digest },
      objective: {
        $case: 'rewardModel',
        value: { head: VerifierHead.HIDDEN, quantisation: Quantisation.NF4 },
      },
      optimisation: {
        ...{ learningRate: 1, batchSize: 1, epochs: 1, schedule: Schedule.LINEAR, epsilon: 1e-8 },
        ...{ maxSequenceTokens: 8, vocabularyPiece: 2 ** 25 },
      },
      lora: { rank: 1, alpha: 1, modulesToSave: [''] },
    },
  });
  expect(fields('/sipf.training.v1.TrainingService/StartJob', request)).toEqual([
    'spec.reward_model.quantisation',
    'spec.optimisation.vocabulary_piece',
    'spec.lora.modules_to_save[0]',
  ]);
});

it('refuses a job without a dataset, an objective or an optimiser', () => {
  const request = StartJobRequest.fromPartial({ jobId: '../x', spec: {} });
  expect(fields('/sipf.training.v1.TrainingService/StartJob', request)).toEqual([
    'job_id',
    'spec.dataset',
    'spec.base_model',
    'spec.objective',
    'spec.optimisation',
  ]);
});
