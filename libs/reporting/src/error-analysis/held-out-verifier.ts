import { evaluateVerifier, type ScoredPath, type VerifierReport } from '@sipf/evaluation';
import { pathKey, type Path } from '@sipf/method';
import { createRng } from '@sipf/random';
import type { MathTask, Problem } from '@sipf/tasks';

/** A verifier of a run against the exact truth. */
export interface HeldOutVerifier {
  /** The stage whose scores these are. */
  readonly stage: string;
  /** Which of the run's compared verifiers; undefined for its own. */
  readonly compared: number | undefined;
  readonly report: VerifierReport;
}

/** What a stage scored, and what the verifier had been trained on. */
export interface ScoredPaths {
  readonly stage: string;
  readonly compared: number | undefined;
  readonly paths: readonly Path[];
  /** Of a path's steps, by `pathKey`. */
  readonly probabilities: ReadonlyMap<string, readonly number[]>;
  /** Texts of the questions that the verifier learnt from; they are left out. */
  readonly trainedOn: ReadonlySet<string>;
}

/**
 * Measures the verifier on questions that it was not trained on.
 * @returns undefined for a task without exact step labels, or where no such question is left
 */
export function heldOutVerifier(
  task: MathTask,
  problems: ReadonlyMap<string, Problem>,
  scored: ScoredPaths,
): HeldOutVerifier | undefined {
  const truth = task.stepTruth?.bind(task);
  if (truth === undefined) return undefined;
  const labelled = scored.paths.flatMap((path): ScoredPath[] => {
    const problem = problems.get(path.questionId);
    const probabilities = scored.probabilities.get(pathKey(path)) ?? [];
    if (problem === undefined || probabilities.length === 0 || scored.trainedOn.has(problem.question))
      return [];
    return [
      {
        id: pathKey(path),
        question: problem.question,
        steps: path.steps.map(({ text }) => text),
        labels: truth(problem, path.text).steps,
        outcome: path.outcome === 'unknown' ? undefined : path.outcome === 'correct',
        probabilities,
      },
    ];
  });
  if (labelled.length === 0) return undefined;
  const rng = createRng('report');
  const settings = { threshold: 0.5, calibrationShare: 0, aggregation: 'mean', rng } as const;
  return { stage: scored.stage, compared: scored.compared, report: evaluateVerifier(labelled, settings) };
}
