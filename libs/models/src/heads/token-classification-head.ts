import { SipfError } from '@sipf/errors';
import { add, linear, mul, reshape, slice, squeeze, sub, type Value } from '@sipf/graph';
import type { DecoderConfig, VerifierHead } from '../config/decoder-config.ts';
import type { ParameterSource } from '../families/parameter-source.ts';
import { onRows } from './lm-head.ts';

/** The label that means "this step is correct" in a verifier of two labels. */
const CORRECT_LABEL = 1;

/**
 * A linear head at every token, logits [B, T, numLabels]; `hidden` is [B, T, D]. `confidence` [B, T, 1] (see
 * `runningConfidence`) is seen as one more feature by a head of features `hidden+confidence`, and must be given then.
 */
export function tokenClassificationHead(
  config: DecoderConfig,
  parameters: ParameterSource,
  { hidden, confidence }: { readonly hidden: Value; readonly confidence?: Value },
): Value {
  const head = verifierHead(config);
  const weight = parameters.parameter('score.weight', [head.numLabels, config.hiddenSize]);
  const bias = parameters.parameter('score.bias', [head.numLabels]);
  const logits = onRows(hidden, (rows) => linear(rows, weight, bias));
  if (head.features === 'hidden') return logits;
  if (confidence === undefined) {
    throw new SipfError('invalid-argument', 'this verifier head also needs the confidence of the path', {
      reason: 'CONFIDENCE_MISSING',
    });
  }
  const slope = parameters.parameter('score_confidence.weight', [head.numLabels, 1]);
  return add(logits, mul(confidence, reshape(slope, [head.numLabels])));
}

/** Log-odds of "correct" [B, T] from logits [B, T, 2] (label 1 against label 0) or [B, T, 1] (a single score). */
export function correctLogOdds(config: DecoderConfig, logits: Value): Value {
  const { numLabels } = verifierHead(config);
  const score = (label: number) => squeeze(slice(logits, { axis: 2, start: label, end: label + 1 }), [2]);
  if (numLabels === 1) return squeeze(logits, [2]);
  if (numLabels === 2) return sub(score(CORRECT_LABEL), score(1 - CORRECT_LABEL));
  throw new SipfError('failed-precondition', `a verifier has one or two labels, this head has ${numLabels}`, {
    reason: 'NOT_A_VERIFIER',
  });
}

/** The verifier head of a configuration. @throws SipfError failed-precondition NOT_A_VERIFIER for a language model */
export function verifierHead({ head }: DecoderConfig): VerifierHead {
  if (head !== 'lm') return head;
  throw new SipfError('failed-precondition', 'this model has a language-model head, not a verifier head', {
    reason: 'NOT_A_VERIFIER',
  });
}
