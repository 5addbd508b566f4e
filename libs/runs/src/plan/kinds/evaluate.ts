import { NEEDED_SECTIONS } from '@sipf/contracts';
import { unasked } from './parts.ts';
import {
  counts,
  figures,
  optionalCounts,
  optionalFigures,
  optionalOutputs,
  outputs,
} from './result-shapes.ts';
import { stageKind } from './stage-kind.ts';

/** Greedy accuracy on a data set, as every figure of the paper is measured. */
export const evaluate = stageKind({
  description: 'greedy accuracy',
  method: 'evaluate',
  version: 1,
  reads: {},
  data: ({ dataset }: { readonly dataset: string }) => ['exemplars', 'policy', dataset],
  settings: ['evaluation', 'chatDay'],
  needed: NEEDED_SECTIONS.evaluate,
  asksDataset: true,
  asks: { service: 'generation', model: 'policy' },
  /** Logs of before outcomes were kept have none. */
  outputs: outputs('paths').extend(optionalOutputs('outcomes').shape),
  /** `total` are the questions of known outcome, `unknown` the others; `unasked` of them fill the policy with their prompt. */
  counts: counts('correct', 'total').extend(optionalCounts('flexibleCorrect', 'unknown', 'unasked').shape),
  /** `low` and `high` are the ends of Wilson's 95 % interval. */
  figures: figures('accuracy', 'low', 'high').extend(optionalFigures('wholePathAccuracy').shape),
  oddities: unasked,
  boundary: ({ counts: { correct, total } }: Evaluated) => ({
    $case: 'evaluated',
    value: { correct, total },
  }),
});

interface Evaluated {
  readonly counts: { readonly correct: number; readonly total: number };
}
