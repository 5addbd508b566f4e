import { SipfError } from '@sipf/errors';
import type { Outcome } from '../path.ts';

/** A share of right answers with the uncertainty of its sample. */
export interface Accuracy {
  readonly correct: number;
  /** Answers of known outcome, which the share is of. */
  readonly total: number;
  /** Answers without an outcome; a report must show them if there are any. */
  readonly unknown: number;
  /** correct / total, in [0, 1]. */
  readonly accuracy: number;
  /** Ends of Wilson's 95 % interval, in [0, 1]. */
  readonly low: number;
  readonly high: number;
}

/** 97.5 % quantile of the standard normal distribution. */
const z = 1.959963984540054;

/**
 * Accuracy with Wilson's score interval (Wilson, 1927), which stays in [0, 1] and is sound for shares near 0 and 1.
 * @throws SipfError `failed-precondition`, reason `NOTHING_TO_MEASURE`, when no outcome is known
 */
export function accuracyOf(outcomes: readonly Outcome[]): Accuracy {
  const correct = outcomes.filter((outcome) => outcome === 'correct').length;
  const unknown = outcomes.filter((outcome) => outcome === 'unknown').length;
  const total = outcomes.length - unknown;
  if (total === 0) {
    throw new SipfError('failed-precondition', 'no answer of known outcome to measure accuracy on', {
      reason: 'NOTHING_TO_MEASURE',
    });
  }
  const accuracy = correct / total;
  const scale = 1 + z ** 2 / total;
  const centre = (accuracy + z ** 2 / (2 * total)) / scale;
  const halfWidth = (z / scale) * Math.sqrt((accuracy * (1 - accuracy)) / total + z ** 2 / (4 * total ** 2));
  // At 0 and 1 the interval ends there exactly; rounding must not move it past the share.
  const low = correct === 0 ? 0 : Math.max(0, centre - halfWidth);
  const high = correct === total ? 1 : Math.min(1, centre + halfWidth);
  return { correct, total, unknown, accuracy, low, high };
}
