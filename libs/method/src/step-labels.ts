import { SipfError } from '@sipf/errors';
import type { Rng } from '@sipf/random';
import { checkCount, checkSetting } from './check-setting.ts';
import { groupByQuestion, type Outcome, type Path } from './path.ts';

/** Which paths get step labels by roll-outs; all are scored by the verifier later. */
export interface LabellingSettings {
  /** Questions that are labelled, chosen by seed. */
  readonly questions: number;
  /** Paths labelled for each of them, chosen by seed. */
  readonly pathsPerQuestion: number;
  /** N of Eq. 2, roll-outs from each prefix. */
  readonly rollouts: number;
  /** tau of Eq. 2, a number of roll-outs: a step is right when more than this reach the answer. */
  readonly tau: number;
}

/** c_t of Eq. 2. */
export interface StepLabel {
  /** 1 right, 0 wrong; undefined when roll-outs of unknown outcome could have decided it either way. */
  readonly hard: 0 | 1 | undefined;
  /** Share of roll-outs that reach the answer, among those of known outcome; undefined when there are none. */
  readonly soft: number | undefined;
  /** Roll-outs of known outcome that it rests on; 0 for a last step, whose label is the path's outcome. */
  readonly rollouts: number;
}

/**
 * Chooses the subset of paths to label: questions, then paths of each, by seed. Paths of unknown outcome and paths
 * without steps are not chosen. The choice does not depend on the order of the paths.
 * @returns the chosen paths in their given order
 */
export function selectForLabelling<P extends Path>(
  paths: readonly P[],
  settings: Pick<LabellingSettings, 'questions' | 'pathsPerQuestion'>,
  rng: Rng,
): P[] {
  checkCount(settings.questions, 'labelling.questions', 0);
  checkCount(settings.pathsPerQuestion, 'labelling.pathsPerQuestion', 0);
  const groups = groupByQuestion(paths.filter((path) => path.outcome !== 'unknown' && path.steps.length > 0));
  const questionIds = rng.split('questions').shuffle([...groups.keys()].sort());
  const chosen = new Set<P>();
  for (const questionId of questionIds.slice(0, settings.questions)) {
    const group = [...(groups.get(questionId) ?? [])].sort(bySample);
    const shuffled = rng.split(`paths/${questionId}`).shuffle(group);
    for (const path of shuffled.slice(0, settings.pathsPerQuestion)) chosen.add(path);
  }
  return paths.filter((path) => chosen.has(path));
}

/**
 * Eq. 2: the label of a step from the outcomes of the roll-outs of its prefix. Roll-outs of unknown outcome are no
 * negatives: they are left out of the share, and where they could decide the hard label it is undefined.
 * @param tau number of roll-outs that must be exceeded
 */
export function stepLabel(rollouts: readonly Outcome[], tau: number): StepLabel {
  checkSetting(Number.isFinite(tau) && tau >= 0, 'labelling.tau', `must be at least 0, got ${tau}`);
  const correct = rollouts.filter((outcome) => outcome === 'correct').length;
  const unknown = rollouts.filter((outcome) => outcome === 'unknown').length;
  const known = rollouts.length - unknown;
  const soft = known === 0 ? undefined : correct / known;
  if (known === 0) return { hard: undefined, soft, rollouts: 0 };
  if (correct > tau) return { hard: 1, soft, rollouts: known };
  return { hard: correct + unknown > tau ? undefined : 0, soft, rollouts: known };
}

/** The label of a path's last step: the path's outcome. */
export function lastStepLabel(outcome: Outcome): StepLabel {
  if (outcome === 'unknown') return { hard: undefined, soft: undefined, rollouts: 0 };
  const label = outcome === 'correct' ? 1 : 0;
  return { hard: label, soft: label, rollouts: 0 };
}

/**
 * Eq. 2 for a whole path.
 * @param rollouts outcomes of the roll-outs from each prefix s_1..t, t = 1 .. T - 1
 * @returns a label a step, T of them
 * @throws SipfError `invalid-argument`, reason `ROLLOUTS_MISMATCH`, unless there is a list for every step but the last
 */
export function labelSteps(
  path: Pick<Path, 'steps' | 'outcome'>,
  rollouts: readonly (readonly Outcome[])[],
  tau: number,
): StepLabel[] {
  if (rollouts.length !== path.steps.length - 1) {
    const message = `a path of ${path.steps.length} steps cannot be labelled from roll-outs of ${rollouts.length} prefixes`;
    throw new SipfError('invalid-argument', message, { reason: 'ROLLOUTS_MISMATCH' });
  }
  return [...rollouts.map((outcomes) => stepLabel(outcomes, tau)), lastStepLabel(path.outcome)];
}

function bySample(a: Path, b: Path): number {
  return a.iteration - b.iteration || a.sampleIndex - b.sampleIndex;
}
