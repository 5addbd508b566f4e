import { describe, expect, it } from 'vitest';
import { countItems } from './objective-inputs.ts';

const LENGTH = 4;
const batch = {
  completion_mask: Float32Array.of(...[0, 0, 1, 1], ...[1, 1, 0, 0], ...[0, 0, 0, 1], ...[0, 0, 0, 0]),
  attention_mask: Float32Array.of(...[1, 1, 1, 1], ...[1, 1, 0, 0], ...[1, 1, 1, 1], ...[0, 0, 0, 0]),
  step_labels: Float32Array.of(
    ...[-100, 1, -100, 0.5],
    ...[-100, -100, 0, -100],
    ...[-100, -100, -100, -100],
    ...[1, -100, -100, -100],
  ),
};

describe('countItems', () => {
  it("counts the completion tokens that something predicts: not a row's first", () => {
    expect(countItems({ kind: 'sft' }, batch, LENGTH)).toEqual({ completion_tokens: 4 });
  });

  it("counts pairs whose both sides have a completion, and the chosen rows' tokens", () => {
    const completion = countItems({ kind: 'orpo', lambda: 0.1, nll: 'completion' }, batch, LENGTH);
    expect(completion).toEqual({ chosen_tokens: 3, pairs: 1 });
    const sequence = countItems({ kind: 'orpo', lambda: 0.1, nll: 'sequence' }, batch, LENGTH);
    expect(sequence).toEqual({ chosen_tokens: 4, pairs: 1 });
    expect(countItems({ kind: 'dpo', beta: 0.1 }, batch, LENGTH)).toEqual({ pairs: 1 });
  });

  it('counts labelled steps, or paths with one', () => {
    expect(countItems({ kind: 'process-reward' }, batch, LENGTH)).toEqual({ labelled_steps: 4 });
    expect(countItems({ kind: 'outcome-reward' }, batch, LENGTH)).toEqual({ labelled_paths: 3 });
  });
});
