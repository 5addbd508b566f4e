import { labelNoise, pathKey, type LabelNoise, type Path } from '@sipf/method';
import type { LabelRecord, ScoreRecord, StageResults } from '@sipf/runs';
import type { Problem, Task } from '@sipf/tasks';

type LabelFigures = StageResults['label']['figures'];

/** How often hard labels say what the task knows of the steps; nothing where the task cannot check steps. */
export function agreementWithTruth(
  task: Task,
  problems: ReadonlyMap<string, Problem>,
  paths: readonly Path[],
  records: readonly LabelRecord[],
): Pick<LabelFigures, 'labelAccuracy'> {
  const byPath = new Map(records.map((record) => [record.path, record.labels.map(({ hard }) => hard)]));
  return share('labelAccuracy', task, problems, paths, (path) =>
    byPath.get(pathKey(path))?.map((hard) => (hard === undefined ? undefined : hard === 1)),
  );
}

/** How far the roll-outs behind the labels agree among themselves: over all steps, and by their position in the path. */
export function noiseOfLabels(
  records: readonly LabelRecord[],
  settings: { readonly rollouts: number; readonly tau: number },
): { readonly figures: Omit<LabelFigures, 'labelAccuracy'>; readonly byPosition: readonly LabelNoise[] } {
  // A path's last step is labelled by its outcome.
  const steps = records.flatMap(({ labels }) =>
    labels.slice(0, -1).map(({ rollouts, reachedBy }, stepIndex) => ({ stepIndex, rollouts, reachedBy })),
  );
  const noise = labelNoise(steps, settings);
  if (noise === undefined) return { figures: {}, byPosition: [] };
  const { halfAgreement, entropy } = noise.all;
  return {
    figures: { labelHalfAgreement: halfAgreement, labelEntropy: entropy },
    byPosition: noise.byPosition,
  };
}

/** How often the verifier, at probability 0.5, says what the task knows of the steps (Table 3). */
export function stepAccuracy(
  task: Task,
  problems: ReadonlyMap<string, Problem>,
  paths: readonly Path[],
  scores: readonly ScoreRecord[],
): StageResults['score']['figures'] {
  const byPath = new Map(scores.map((record) => [record.path, record.probabilities.map((p) => p > 0.5)]));
  return share('stepAccuracy', task, problems, paths, (path) => byPath.get(pathKey(path)));
}

function share<const N extends string>(
  name: N,
  task: Task,
  problems: ReadonlyMap<string, Problem>,
  paths: readonly Path[],
  verdictsOf: (path: Path) => readonly (boolean | undefined)[] | undefined,
): Partial<Record<N, number>> {
  if (task.domain === 'code' || task.stepTruth === undefined) return {};
  const stepTruth = task.stepTruth.bind(task);
  let agreed = 0;
  let judged = 0;
  for (const path of paths) {
    const problem = problems.get(path.questionId);
    if (problem === undefined) continue;
    const truth = stepTruth(problem, path.text).steps;
    for (const [index, verdict] of (verdictsOf(path) ?? []).entries()) {
      if (verdict === undefined) continue;
      judged++;
      if (verdict === truth[index]) agreed++;
    }
  }
  return judged === 0 ? {} : ({ [name]: agreed / judged } as Record<N, number>);
}
