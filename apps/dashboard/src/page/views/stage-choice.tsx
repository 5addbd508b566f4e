import type { RunDetail, Stage } from '../../api/model.ts';
import { spoken } from '../data/format.ts';
import { replaceParams, type Route } from '../data/route.ts';
import { Choice } from '../parts/filter-fields.tsx';

/** The stages of a run with paths, or pairs. */
export function stagesWith({ stages }: RunDetail, dataset: NonNullable<Stage['dataset']>): readonly Stage[] {
  return stages.filter((stage) => stage.dataset === dataset);
}

/** The default stage: sampled paths show more than greedy ones. */
export function firstChoice(stages: readonly Stage[]): string | undefined {
  return (stages.find(({ kind }) => kind === 'sample') ?? stages[0])?.id;
}

/** Chooses the stage whose paths or pairs are shown; part of the address. */
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
