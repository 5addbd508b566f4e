import {
  cast,
  type Dim,
  div,
  equal,
  greater,
  greaterOrEqual,
  mul,
  range,
  reduceMax,
  reduceSum,
  softplus,
  sub,
  unsqueeze,
  type Value,
} from '@sipf/graph';
import { atLeastOne } from './completion-log-probs.ts';
import type { ObjectiveResult } from './objective.ts';

/** The label of a position that is not the end of a step. */
export const UNLABELLED = -100;

/** What the reward objectives read. */
export interface StepLabels {
  /** float32 [B, T]: at a step's last token its label in [0, 1] (hard or soft), {@link UNLABELLED} elsewhere. */
  readonly labels: Value;
  /** Number of positions that count in the effective batch, float32 scalar: labelled steps, or labelled paths. */
  readonly labelCount: Value;
}

/**
 * Process reward model, Eqs. 3-4 of METHOD.md: mean binary cross-entropy of V = sigmoid(logOdds) at the labelled
 * steps' ends. For a head of two labels, whose log-odds are the difference of its logits, it is their cross-entropy.
 * @param logOdds of "correct", float32 [B, T]
 */
export function processReward(logOdds: Value, { labels, labelCount }: StepLabels): ObjectiveResult {
  return binaryCrossEntropy(logOdds, { labels, labelCount, counted: labelled(labels) });
}

/** Outcome reward model: as {@link processReward} with one label a path, that of its last labelled step. */
export function outcomeReward(logOdds: Value, { labels, labelCount }: StepLabels): ObjectiveResult {
  const positions = cast(range(labels.graph, labels.shape[1] as Dim), 'float32');
  const labelledPositions = mul(labelled(labels), unsqueeze(sub(positions, -1), [0]));
  const last = cast(equal(labelledPositions, reduceMax(labelledPositions, [1], true)), 'float32');
  return binaryCrossEntropy(logOdds, { labels, labelCount, counted: mul(labelled(labels), last) });
}

/** float32 [B, T]: 1 where there is a label. */
function labelled(labels: Value): Value {
  return cast(greaterOrEqual(labels, 0), 'float32');
}

/** -[c log V + (1 - c) log(1 - V)] = softplus(d) - c d for V = sigmoid(d): finite for every finite d. */
function binaryCrossEntropy(
  logOdds: Value,
  inputs: StepLabels & { readonly counted: Value },
): ObjectiveResult {
  const { labels, labelCount, counted } = inputs;
  const count = atLeastOne(labelCount);
  const loss = mul(sub(softplus(logOdds), mul(labels, logOdds)), counted);
  const right = cast(equal(greater(logOdds, 0), greater(labels, 0.5)), 'float32');
  return {
    loss: div(reduceSum(loss), count),
    metrics: { accuracy: div(reduceSum(mul(right, counted)), count) },
  };
}
