import { NEEDED_SECTIONS } from '@sipf/contracts';
import { rows } from './parts.ts';
import { counts, figures, outputs } from './result-shapes.ts';
import { stageKind, type NothingToLearn, type RecipeStageOf, type StageFacts } from './stage-kind.ts';

type Pair = StageFacts<RecipeStageOf<'pair'>>;

/** D_k: preference pairs by reward margin, joined with those of the iterations before (Eq. 6). */
export const pair = stageKind({
  description: 'preference pairs (Eq. 6)',
  method: 'pair',
  version: 1,
  reads: {
    sample: 'needed',
    score: ({ pairing }: Pair['method']) => pairing !== 'outcome',
    pair: 'where-made',
  },
  data: ['loop'],
  settings: ['pairs'],
  needed: NEEDED_SECTIONS.pair,
  outputs: outputs('pairs', 'preferences'),
  counts: counts('latest', 'pairs'),
  figures: figures(),
  boundary: ({ outputs: { preferences }, counts: { pairs } }: Paired) => ({
    $case: 'paired',
    value: { pairs: rows(preferences), count: BigInt(pairs) },
  }),
  hopeless: ({ pairs }: Paired['counts'], { method: { pairing } }: Pair): NothingToLearn | undefined => {
    if (pairs > 0) return undefined;
    const margin = pairing === 'outcome' ? '' : 'lower pairs.margin, or ';
    const remedy =
      `${margin}draw more paths of a question, of which some are right ` +
      'and some wrong (sampling.pathsPerQuestion, sampling.temperature)';
    return { what: 'no two paths of a question make a pair', remedy };
  },
});

interface Paired {
  readonly outputs: { readonly preferences: string };
  readonly counts: { readonly pairs: number };
}
