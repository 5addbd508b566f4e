import { pathKey, type Path, type PreferencePair } from '@sipf/method';
import type { LabelRecord } from '@sipf/runs';

/** A row of an exported dataset, flat, in the field's names. */
export type DatasetRow = Readonly<Record<string, unknown>>;

/** A sampled or evaluated path. */
export function pathRow(path: Path): DatasetRow {
  return {
    path: pathKey(path),
    question_id: path.questionId,
    iteration: path.iteration,
    sample_index: path.sampleIndex,
    text: path.text,
    steps: path.steps.map(({ text }) => text),
    outcome: path.outcome,
    mean_log_prob: path.meanLogProb,
  };
}

/** A path's step labels by roll-outs; null where they were left undecided, or where a step has no roll-outs. */
export function labelRow({ path, labels }: LabelRecord): DatasetRow {
  return {
    path,
    labels: labels.map(({ hard }) => hard ?? null),
    soft_labels: labels.map(({ soft }) => soft ?? null),
    rollouts: labels.map(({ rollouts }) => rollouts),
  };
}

/** A pair with where it comes from; the texts to train on are in the preference rows. */
export function pairRow({ questionId, chosen, rejected, difference }: PreferencePair): DatasetRow {
  return {
    question_id: questionId,
    chosen_path: pathKey(chosen),
    rejected_path: pathKey(rejected),
    chosen: chosen.text,
    rejected: rejected.text,
    difference,
  };
}
