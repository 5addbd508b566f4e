import { NEEDED_SECTIONS } from '@sipf/contracts';
import { leftOut, rows, SHORTER } from './parts.ts';
import { counts, optionalFigures, outputs } from './result-shapes.ts';
import { stageKind } from './stage-kind.ts';

/** Eqs. 3-5: the verifier's probability of every step of P_k. */
export const score = stageKind({
  description: 'a probability for every step (Eq. 5)',
  method: 'score',
  version: 1,
  reads: { sample: 'needed', 'train-verifier': 'needed' },
  data: ['loop'],
  settings: [],
  needed: NEEDED_SECTIONS.score,
  asks: { service: 'verification', model: 'train-verifier' },
  outputs: outputs('scores'),
  counts: counts('paths', 'steps', 'unscored'),
  figures: optionalFigures('stepAccuracy'),
  boundary: ({ outputs: { scores }, counts: { paths } }: Scored) => ({
    $case: 'scored',
    value: { scores: rows(scores), count: BigInt(paths) },
  }),
  hopeless: ({ paths, unscored }: Scored['counts']) =>
    paths === 0 || unscored < paths
      ? undefined
      : {
          what: `the verifier can read none of ${paths} paths`,
          remedy: `${SHORTER} or another verifier.base`,
        },
  oddities: ({ unscored }: Scored['counts']) =>
    leftOut(unscored, 'paths have no reward: the verifier cannot read them, or they are too long'),
});

interface Scored {
  readonly outputs: { readonly scores: string };
  readonly counts: { readonly paths: number; readonly unscored: number };
}
