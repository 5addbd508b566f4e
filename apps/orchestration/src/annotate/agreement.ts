import type { annotation as contract } from '@sipf/contracts';
import { cohenKappa, fleissKappa } from '@sipf/evaluation';
import type { Annotation } from './annotation-book.ts';
import { annotatedPaths, labelsOf } from './step-labels.ts';

/** A step's labels by annotator. */
type StepLabels = ReadonlyMap<string, boolean>;

/** How far the annotators of a run agree on the steps that they share. */
export function agreementOf(annotations: readonly Annotation[]): contract.GetAgreementResponse {
  const paths = annotatedPaths(annotations);
  const steps = paths.flatMap(({ annotations: group }) => stepsOf(group));
  const annotators = [...new Set(steps.flatMap((labels) => [...labels.keys()]))].sort();
  const fleiss = annotators.length < 3 ? undefined : kappaOfAll(steps, annotators);
  return {
    annotators,
    paths: paths.length,
    sharedSteps: steps.filter(({ size }) => size >= 2).length,
    pairs: pairsOf(annotators).flatMap((pair) => agreementOfTwo(steps, pair)),
    fleissKappa: fleiss,
  };
}

function stepsOf(annotations: readonly Annotation[]): StepLabels[] {
  const rows = annotations.map(({ annotator, ...rest }) => ({
    annotator,
    labels: labelsOf({ annotator, ...rest }),
  }));
  return (rows[0]?.labels ?? []).map(
    (_, step) =>
      new Map(
        rows.flatMap(({ annotator, labels }) => {
          const label = labels[step];
          return label === undefined ? [] : [[annotator, label] as const];
        }),
      ),
  );
}

function pairsOf(annotators: readonly string[]): [string, string][] {
  return annotators.flatMap((first, at) =>
    annotators.slice(at + 1).map((second): [string, string] => [first, second]),
  );
}

function agreementOfTwo(
  steps: readonly StepLabels[],
  [first, second]: readonly [string, string],
): contract.PairAgreement[] {
  const shared = steps.filter((labels) => labels.has(first) && labels.has(second));
  if (shared.length === 0) return [];
  const [ours, theirs] = [first, second].map((name) => shared.map((labels) => labels.get(name)));
  const agreed = shared.filter((labels) => labels.get(first) === labels.get(second)).length / shared.length;
  return [{ first, second, steps: shared.length, agreed, cohenKappa: cohenKappa(ours ?? [], theirs ?? []) }];
}

function kappaOfAll(steps: readonly StepLabels[], annotators: readonly string[]): number | undefined {
  const full = steps.filter(({ size }) => size === annotators.length);
  return fleissKappa(full.map((labels) => [...labels.values()]));
}
