import type { RunConfig } from '@sipf/contracts';
import { planRun, rowOf, type StageKind } from '@sipf/runs';

/** A stage as `--dry-run` shows it. */
export interface PlannedWork {
  /** As in the run's log, e.g. `score-2`. */
  readonly id: string;
  /** 0 is the supervised start M_0. */
  readonly iteration: number;
  readonly description: string;
}

/** What a run of this configuration does, in the order of its plan. */
export function plannedStages(config: RunConfig): PlannedWork[] {
  return planRun(config).map(({ id, kind, iteration, dataset }) => ({
    id,
    iteration,
    description: describe(kind, dataset),
  }));
}

function describe(kind: StageKind, dataset: string | undefined): string {
  const { description } = rowOf(kind);
  return dataset === undefined ? description : `${description} on the ${dataset} problems`;
}
