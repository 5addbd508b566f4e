import type { RunDetail, Stage } from '../../api/model.ts';
import { spoken } from '../data/format.ts';
import { replaceParams, type Route } from '../data/route.ts';
import { Choice } from '../parts/filter-fields.tsx';

/** The stages of a run that left paths, or pairs. */
export function stagesWith({ stages }: RunDetail, dataset: NonNullable<Stage['dataset']>): readonly Stage[] {
  return stages.filter((stage) => stage.dataset === dataset);
}

/** The stage that is shown where the address names none: paths that were sampled say more than greedy ones. */
export function firstChoice(stages: readonly Stage[]): string | undefined {
  return (stages.find(({ kind }) => kind === 'sample') ?? stages[0])?.id;
}

/** Which stage's paths or pairs are shown; it is part of the address. */
export function StageChoice({
  stages,
  stage,
  route,
}: {
  readonly stages: readonly Stage[];
  readonly stage: string;
  readonly route: Route;
}) {
  return (
    <Choice
      label="Iteration and stage"
      value={stage}
      options={stages.map(({ id, iteration }) => [id, `iteration ${iteration}: ${spoken(id)}`])}
      onChange={(chosen) => {
        replaceParams(route, { stage: chosen });
      }}
    />
  );
}
