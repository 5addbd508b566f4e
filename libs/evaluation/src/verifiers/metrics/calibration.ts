import { mean } from '@sipf/method';
import type { LabelledScore } from '../labelled-path.ts';

/** Steps whose probability lies in one part of [0, 1]. */
interface ReliabilityBin {
  readonly count: number;
  /** Mean probability that the verifier gave. */
  readonly confidence: number;
  /** Share of the steps that are right. */
  readonly accuracy: number;
}

/** How far probabilities are from frequencies. */
export interface Calibration {
  /** Bins with steps in them, from low to high. */
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: sum over bins of (count / all) |accuracy - confidence|. */
  readonly ece: number;
  /** Mean squared difference of probability and outcome. */
  readonly brier: number;
  /** Mean negative log-likelihood of the labels in nats; probabilities are kept 1e-6 away from 0 and 1. */
  readonly logLoss: number;
}

const EDGE = 1e-6;

/** @param binCount equally wide bins; the upper end of the last one belongs to it */
export function calibrationOf(scores: readonly LabelledScore[], binCount = 10): Calibration {
  const binOf = ({ probability }: LabelledScore): number =>
    Math.min(binCount - 1, Math.floor(probability * binCount));
  const bins = [...Map.groupBy(scores, binOf)].sort(([a], [b]) => a - b).map(([, group]) => summary(group));
  const share = ({ count }: ReliabilityBin): number => count / scores.length;
  return {
    bins,
    ece: bins.reduce((sum, bin) => sum + share(bin) * Math.abs(bin.accuracy - bin.confidence), 0),
    brier: mean(scores.map(({ probability, isRight }) => (probability - Number(isRight)) ** 2)),
    logLoss: logLossAt(logitsOf(scores), 1),
  };
}

function summary(group: readonly LabelledScore[]): ReliabilityBin {
  return {
    count: group.length,
    confidence: mean(group.map(({ probability }) => probability)),
    accuracy: mean(group.map(({ isRight }) => Number(isRight))),
  };
}

/** The range in which a temperature is looked for. */
const TEMPERATURES = [0.02, 50] as const;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The temperature T for which sigmoid(logit / T) has the least negative log-likelihood (Guo et al., 2017), within
 * [0.02, 50], to six digits. The likelihood is convex in 1 / T, so that a golden-section search finds it.
 */
export function fitTemperature(scores: readonly LabelledScore[]): number {
  const logits = logitsOf(scores);
  let [low, high] = [1 / TEMPERATURES[1], 1 / TEMPERATURES[0]];
  while (high - low > 1e-7 * high) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (logLossAt(logits, left) <= logLossAt(logits, right)) high = right;
    else low = left;
  }
  return 2 / (low + high);
}

/** sigmoid(logit(p) / T) */
export function withTemperature(probability: number, temperature: number): number {
  return 1 / (1 + Math.exp(-logit(probability) / temperature));
}

interface LabelledLogit {
  readonly logit: number;
  readonly isRight: boolean;
}

function logitsOf(scores: readonly LabelledScore[]): LabelledLogit[] {
  return scores.map(({ probability, isRight }) => ({ logit: logit(probability), isRight }));
}

function logit(probability: number): number {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, probability));
  return Math.log(inside / (1 - inside));
}

/** -log sigmoid(± scale logit), as softplus, finite for every logit. */
function logLossAt(logits: readonly LabelledLogit[], scale: number): number {
  return mean(
    logits.map(({ logit: value, isRight }) => {
      const against = (isRight ? -1 : 1) * scale * value;
      return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
    }),
  );
}
