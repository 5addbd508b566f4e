import { textTable } from '../runs/text-table.ts';
import { describeVariant } from './describe-variant.ts';
import { stageUses, type ExperimentPlan, type PlannedRun, type PlannedStageUse } from './plan-experiment.ts';

/** The runs of an experiment as people read them: what each computes, and what it takes from earlier ones. */
export function describePlan(plan: ExperimentPlan): string {
  const uses = stageUses(plan);
  const rows = plan.runs.map((run) => {
    const own = uses.filter((use) => use.run === run.run);
    return [
      run.run,
      run.method,
      String(run.seed),
      describeVariant(run.vary),
      idsOf(own, false),
      idsOf(own, true),
    ];
  });
  const shared = uses.filter(({ isShared }) => isShared).length;
  const lines = [
    textTable(['run', 'method', 'seed', 'setting', 'computes', 'shares'], rows),
    '',
    ...plan.leftOut.map(({ method, why }) => `without ${method}: ${why}`),
    `experiment ${plan.id}: ${plan.runs.length} runs, ${uses.length} stages, ${shared} of them shared`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for programs. */
export function planJson(plan: ExperimentPlan): Record<string, unknown> {
  const uses = Map.groupBy(stageUses(plan), ({ run }) => run);
  return {
    id: plan.id,
    runs: plan.runs.map(({ run, method, seed, vary }) => ({
      run,
      method,
      seed,
      vary,
      stages: (uses.get(run) ?? []).map(({ stage, isShared }) => ({ id: stage.id, shared: isShared })),
    })),
    leftOut: plan.leftOut,
  };
}

/** `run 3 of 12: RFT, seed 1`. */
export function describeRun({ run, method, seed, vary }: PlannedRun, number: number, of: number): string {
  const variant = describeVariant(vary);
  return `run ${number} of ${of}, ${run}: ${method}, seed ${seed}${variant === '' ? '' : `, ${variant}`}`;
}

function idsOf(uses: readonly PlannedStageUse[], isShared: boolean): string {
  return uses
    .filter((use) => use.isShared === isShared)
    .map(({ stage }) => stage.id)
    .join(' ');
}
