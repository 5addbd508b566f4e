import { expect, it } from 'vitest';
import { denoiseLabels } from './label-denoising.ts';
import { lastStepLabel, type StepLabel } from './step-labels.ts';

const label = (reached: number): StepLabel => ({ hard: reached > 3 ? 1 : 0, soft: reached / 8, rollouts: 8 });
const path = [label(8), label(4), label(1), label(7), lastStepLabel('correct')];
const hard = (labels: readonly StepLabel[]) => labels.map((one) => one.hard);

it('leaves labels as they are by default', () => {
  expect(denoiseLabels(path, { afterFirstError: false, minAgreement: 0 })).toEqual(path);
});

it('takes labels away that the roll-outs do not agree on, and never a last one', () => {
  const labels = denoiseLabels(path, { afterFirstError: false, minAgreement: 0.8 });
  expect(hard(labels)).toEqual([1, undefined, 0, 1, 1]);
  expect(labels[1]).toEqual({ hard: undefined, soft: undefined, rollouts: 8 });
});

it('carries an error on to the end of the path', () => {
  const labels = denoiseLabels(path, { afterFirstError: true, minAgreement: 0 });
  expect(hard(labels)).toEqual([1, 1, 0, 0, 0]);
  expect(labels.map(({ soft }) => soft)).toEqual([1, 0.5, 1 / 8, 0, 0]);
  const right = [label(8), label(8)];
  expect(denoiseLabels(right, { afterFirstError: true, minAgreement: 0 })).toEqual(right);
});

it('lets no uncertain error be carried on', () => {
  const doubtful = [label(3), label(8)];
  expect(hard(denoiseLabels(doubtful, { afterFirstError: true, minAgreement: 0.75 }))).toEqual([
    undefined,
    1,
  ]);
});

it('keeps a label on which just the asked share agrees', () => {
  const labels = (minAgreement: number) =>
    hard(denoiseLabels([label(4), label(2), label(8)], { afterFirstError: false, minAgreement }));
  expect(labels(0.5)).toEqual([1, 0, 1]);
  expect(labels(0.75)).toEqual([undefined, 0, 1]);
  expect(labels(1)).toEqual([undefined, undefined, 1]);
});

it.each([0.4, 1.1, -0.5])('refuses the agreement %d, which every majority or none has', (minAgreement) => {
  expect(() => denoiseLabels(path, { afterFirstError: false, minAgreement })).toThrow(
    `verifier.denoising.minAgreement must be 0 or in [0.5, 1], got ${minAgreement}`,
  );
});
