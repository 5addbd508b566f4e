import type { RunConfig } from '@sipf/contracts';
import { planRun, type StageKind } from '@sipf/runs';

/** A stage as `--dry-run` shows it. */
export interface PlannedWork {
  /** As in the run's log, e.g. `score-2`. */
  readonly id: string;
  /** 0 is the supervised start M_0. */
  readonly iteration: number;
  readonly description: string;
}

const DESCRIPTIONS: Readonly<Record<StageKind, string>> = {
  data: 'problems and models into the artifact store',
  simulator: 'the simulator, trained from scratch',
  sft: 'supervised fine-tuning on the solved problems: M_0',
  'continued-sft': 'M_0, trained for longer: what the gain of the loop is compared with',
  sample: 'own reasoning paths, labelled by outcome (Eq. 1)',
  label: 'step labels by roll-outs of the simulator (Eq. 2)',
  'train-verifier': 'the verifier, trained on the labels (Eqs. 3-4)',
  score: 'a probability for every step (Eq. 5)',
  filter: 'the own paths to learn from',
  pair: 'preference pairs (Eq. 6)',
  align: 'preference training on the pairs (Eqs. 7-8)',
  evaluate: 'greedy accuracy',
  'evaluate-samples': 'Pass@k, majority and best of k',
  report: 'results.json and results.md',
};

/** What a run of this configuration does, in the order of its plan. */
export function plannedStages(config: RunConfig): PlannedWork[] {
  return planRun(config).map(({ id, kind, iteration, dataset }) => ({
    id,
    iteration,
    description: describe(kind, dataset),
  }));
}

function describe(kind: StageKind, dataset: string | undefined): string {
  const description = DESCRIPTIONS[kind];
  return dataset === undefined ? description : `${description} on the ${dataset} problems`;
}
