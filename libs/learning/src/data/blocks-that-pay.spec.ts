import { tinyFamily } from '@sipf/models/testing';
import { expect, it } from 'vitest';
import { blocksThatPay } from './blocks-that-pay.ts';
import type { TrainingDataset } from './training-example.ts';

const grouped = tinyFamily('llama');
const single = { ...grouped, numKeyValueHeads: grouped.numAttentionHeads };
const tokens = (length: number) => Array.from({ length }, () => 3);
const rows = (length: number): TrainingDataset => ({
  kind: 'supervised',
  examples: [{ promptIds: [1], completionIds: tokens(length - 1) }],
});

it('leaves short rows whole, and cuts long ones the finer the fewer keys there are', () => {
  expect(blocksThatPay(rows(127), grouped, false)).toBe(1);
  expect(blocksThatPay(rows(128), grouped, false)).toBe(4);
  expect(blocksThatPay(rows(128), single, false)).toBe(2);
  expect(blocksThatPay(rows(512), single, false)).toBe(4);
  expect(blocksThatPay({ kind: 'supervised', examples: [] }, grouped, false)).toBe(1);
});

it('measures a pair by the row that it is computed in', () => {
  const example = { promptIds: tokens(40), chosenIds: tokens(50), rejectedIds: tokens(50) };
  const dataset: TrainingDataset = { kind: 'preference', examples: [example] };
  expect(blocksThatPay(dataset, grouped, false)).toBe(1);
  expect(blocksThatPay(dataset, grouped, true)).toBe(4);
});
