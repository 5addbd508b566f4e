import { NEEDED_SECTIONS } from '@sipf/contracts';
import { MORE_RIGHT } from './parts.ts';
import { counts, figures, outputs } from './result-shapes.ts';
import { stageKind, type RecipeStageOf, type StageFacts } from './stage-kind.ts';

type Filter = StageFacts<RecipeStageOf<'filter'>>;

/** The own paths that RFT, pRFT and STaR learn from. */
export const filter = stageKind({
  description: 'the own paths to learn from',
  method: 'filter',
  version: 1,
  reads: {
    sample: 'needed',
    score: ({ by }: Filter['method']) => by === 'outcome-and-reward',
    filter: 'where-made',
  },
  data: [],
  settings: ['filter', 'sampling'],
  needed: NEEDED_SECTIONS.filter,
  outputs: outputs('paths'),
  counts: counts('latest', 'paths'),
  figures: figures(),
  hopeless: ({ paths }: { readonly paths: number }) =>
    paths > 0
      ? undefined
      : { what: 'no own path is left to learn from', remedy: `lower filter.minReward, or ${MORE_RIGHT}` },
});
