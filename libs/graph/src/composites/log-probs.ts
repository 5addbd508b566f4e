import type { Value } from '../graph.ts';
import { mark } from '../operators/convert.ts';
import { neg } from '../operators/elementwise.ts';
import { gatherElements } from '../operators/indexing.ts';
import { squeeze, unsqueeze } from '../operators/layout.ts';
import { logSoftmax } from '../operators/reduction.ts';

/**
 * log p(id) under softmax(logits), for each position. Ids outside [0, V) are an error at run time: give masked positions
 * some valid id.
 * @param logits [..., V] @param ids int64 [...]
 * @returns [...]
 * @throws ShapeError
 */
export function selectedLogProbs(logits: Value, ids: Value): Value {
  const chosen = gatherElements(logSoftmax(logits), unsqueeze(ids, [-1]), -1);
  return mark('SelectedLogProbs', squeeze(chosen, [-1]), [logits, ids]);
}

/** -log p(label) for each position; see {@link selectedLogProbs}. @returns [...] @throws ShapeError */
export function crossEntropy(logits: Value, labels: Value): Value {
  return neg(selectedLogProbs(logits, labels));
}
