import { SipfError } from '@sipf/errors';
import { logOddsOf, pathLogReward, type RewardAggregation, type SameAnswer } from '@sipf/method';
import type { Rng } from '@sipf/random';
import { labelledScores, type LabelledScore, type ScoredPath } from '../labelled-path.ts';
import { bestOfN, type BestOfN, type Candidate } from '../metrics/best-of-n.ts';
import { calibrationOf, fitTemperature, withTemperature, type Calibration } from '../metrics/calibration.ts';
import { bestFirstErrorMetric, firstErrorMetric, type FirstErrorMetric } from '../metrics/first-error.ts';
import { bestF1, rocAuc, rocCurve, type BestThreshold, type RocPoint } from '../metrics/ranking.ts';
import { confusionAt, f1Of, stepAccuracy } from '../metrics/step-accuracy.ts';
import { byPathLength, byPosition, type Slice } from './slices.ts';

/** What an evaluation depends on beside the scored paths. */
export interface EvaluationSettings {
  /** A step is called right from this probability on. */
  readonly threshold: number;
  /** Share of the paths whose labels a temperature is fitted on; the rest is what the report is about. 0 for none. */
  readonly calibrationShare: number;
  /** How a path's reward is made of its steps' probabilities, for best-of-n. */
  readonly aggregation: RewardAggregation;
  /** Whether two answers vote together, for best-of-n's majority; by default if their texts are equal. */
  readonly isSameAnswer?: SameAnswer;
  readonly rng: Rng;
}

/** Metrics of a verifier; NaN where the data does not determine one. */
export interface VerifierReport {
  readonly paths: number;
  readonly labelledSteps: number;
  readonly rightSteps: number;
  readonly threshold: number;
  readonly stepAccuracy: number;
  readonly auc: number;
  readonly f1: number;
  readonly bestF1: BestThreshold | undefined;
  readonly roc: readonly RocPoint[];
  readonly calibration: Calibration;
  /** After temperature scaling, if requested. */
  readonly scaled: { readonly temperature: number; readonly calibration: Calibration } | undefined;
  /** ProcessBench's metric at the threshold and at the best one; undefined if no path has a known first error. */
  readonly firstError: { readonly fixed: FirstErrorMetric; readonly best: FirstErrorMetric } | undefined;
  /** The outcome verifier on the same steps, if one has scored all paths. */
  readonly outcome: OutcomeReport | undefined;
  readonly bestOfN: readonly BestOfN[];
  readonly byPosition: readonly Slice[];
  readonly byPathLength: readonly Slice[];
}

/** The paper's table 3: an outcome verifier held to labels of steps. */
export interface OutcomeReport {
  readonly stepAccuracy: number;
  readonly auc: number;
  readonly f1: number;
}

/** Sizes of best-of-n. */
const SIZES = [1, 2, 4, 8, 16, 32, 64] as const;

/**
 * Measures a verifier on paths whose labels it has not seen.
 * @throws SipfError invalid-argument NOTHING_TO_MEASURE if no step is labelled
 */
export function evaluateVerifier(all: readonly ScoredPath[], settings: EvaluationSettings): VerifierReport {
  const { fitted, measured: paths } = splitPaths(all, settings);
  const { threshold, aggregation, isSameAnswer } = settings;
  const scores = labelledScores(paths);
  if (scores.length === 0) throw nothingToMeasure();
  return {
    paths: paths.length,
    labelledSteps: scores.length,
    rightSteps: scores.filter(({ isRight }) => isRight).length,
    threshold,
    stepAccuracy: stepAccuracy(scores, threshold),
    auc: rocAuc(scores),
    f1: f1Of(confusionAt(scores, threshold)),
    bestF1: bestF1(scores),
    roc: rocCurve(scores),
    calibration: calibrationOf(scores),
    scaled: scaledCalibration(labelledScores(fitted), scores),
    firstError: firstErrors(paths, threshold),
    outcome: outcomeReport(paths, threshold),
    bestOfN: bestOfN(candidates(paths, aggregation), SIZES, settings.rng.split('best-of-n'), isSameAnswer),
    byPosition: byPosition(paths, threshold),
    byPathLength: byPathLength(paths, threshold),
  };
}

function splitPaths(all: readonly ScoredPath[], { calibrationShare, rng }: EvaluationSettings) {
  const shuffled = calibrationShare === 0 ? [...all] : rng.split('calibration').shuffle(all);
  const count = Math.round(calibrationShare * all.length);
  return { fitted: shuffled.slice(0, count), measured: shuffled.slice(count) };
}

function scaledCalibration(fitted: readonly LabelledScore[], scores: readonly LabelledScore[]) {
  if (fitted.length === 0) return undefined;
  const temperature = fitTemperature(fitted);
  const scaled = scores.map(({ probability, isRight }) => ({
    probability: withTemperature(probability, temperature),
    isRight,
  }));
  return { temperature, calibration: calibrationOf(scaled) };
}

function firstErrors(paths: readonly ScoredPath[], threshold: number): VerifierReport['firstError'] {
  const fixed = firstErrorMetric(paths, threshold);
  if (fixed.rightPaths === 0 || fixed.wrongPaths === 0) return undefined;
  return { fixed, best: bestFirstErrorMetric(paths) };
}

function outcomeReport(paths: readonly ScoredPath[], threshold: number): OutcomeReport | undefined {
  const asScored = paths.flatMap(
    ({ outcomeProbabilities: probabilities, outcomeLogOdds: logOdds, ...path }) =>
      probabilities === undefined ? [] : [{ ...path, probabilities, logOdds }],
  );
  if (asScored.length < paths.length) return undefined;
  const scores = labelledScores(asScored);
  return {
    stepAccuracy: stepAccuracy(scores, threshold),
    auc: rocAuc(scores),
    f1: f1Of(confusionAt(scores, threshold)),
  };
}

/** Questions with several paths whose outcomes are known. */
function candidates(paths: readonly ScoredPath[], aggregation: RewardAggregation): Candidate[][] {
  const judged = paths.flatMap((path) => {
    const { question, outcome, answer, probabilities, outcomeProbabilities } = path;
    if (outcome === undefined) return [];
    const { logOdds = probabilities.map(logOddsOf), outcomeLogOdds = outcomeProbabilities?.map(logOddsOf) } =
      path;
    const reward = pathLogReward(logOdds, aggregation);
    return [
      { question, candidate: { reward, outcomeReward: outcomeLogOdds?.at(-1), isCorrect: outcome, answer } },
    ];
  });
  return [...Map.groupBy(judged, ({ question }) => question).values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map(({ candidate }) => candidate));
}

function nothingToMeasure(): SipfError {
  return new SipfError('invalid-argument', 'no step of the data has a label', {
    reason: 'NOTHING_TO_MEASURE',
  });
}
