import { tinyConfig } from '@sipf/models/testing';
import { expect, it } from 'vitest';
import { checkDataset } from './check-dataset.ts';
import type { TrainingDataset } from './training-example.ts';

const config = tinyConfig();
const bounds = { config, maxTokens: 4 };
const row = (length: number, id = 1) => ({
  promptIds: [1],
  completionIds: Array.from({ length: length - 1 }, () => id),
});
const path = (labels: readonly (number | null)[]) => ({
  ids: [1, 2],
  promptLength: 1,
  stepEnds: [1],
  labels,
});

function messageOf(dataset: TrainingDataset, objective: 'sft' | 'process-reward' = 'sft'): string {
  try {
    checkDataset(dataset, objective, bounds);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

it('says each kind of fault once, with its first example and how many have it', () => {
  const examples = [
    row(2),
    row(9),
    row(8),
    row(2, config.vocabSize),
    row(7),
    { ...row(2), completionIds: [] },
  ];
  expect(messageOf({ kind: 'supervised', examples })).toBe(
    [
      'dataset: examples[1] has 9 tokens, at most 4 are allowed (so do 2 more of 6)',
      `examples[3] has a token outside the vocabulary of ${config.vocabSize}`,
      'examples[5] has an empty completion',
    ].join('; '),
  );
});

it('refuses steps of which none has a label', () => {
  expect(messageOf({ kind: 'reward', examples: [path([null]), path([null])] }, 'process-reward')).toBe(
    'dataset: examples have no label to learn',
  );
  expect(messageOf({ kind: 'reward', examples: [path([null]), path([0])] }, 'process-reward')).toBe('');
});
