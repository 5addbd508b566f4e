import { NEEDED_SECTIONS } from '@sipf/contracts';
import type { z } from 'zod';
import { leftOut, rows, SHORTER } from './parts.ts';
import { counts, optionalCounts, optionalFigures, outputs } from './result-shapes.ts';
import { stageKind } from './stage-kind.ts';

/** `right` steps are labelled 1; `undecided` ones have no hard label; `unlabelled` are paths that no request takes. */
const found = counts('paths', 'steps', 'right', 'undecided', 'rollouts').extend(
  optionalCounts('unlabelled').shape,
);

/** C: step labels of a part of P_k by roll-outs of the simulator (Eq. 2). */
export const label = stageKind({
  description: 'step labels by roll-outs of the simulator (Eq. 2)',
  method: 'label',
  version: 1,
  reads: { sample: 'needed' },
  data: ['loop', 'simulator'],
  settings: ['simulation'],
  needed: NEEDED_SECTIONS.label,
  simulator: 'needed',
  asks: { service: 'simulation', model: 'simulator' },
  outputs: outputs('labels', 'noise'),
  counts: found,
  figures: optionalFigures('labelAccuracy', 'labelHalfAgreement', 'labelEntropy'),
  boundary: ({ outputs: { labels }, counts: { paths } }: Labelled) => ({
    $case: 'labelled',
    value: { labels: rows(labels), count: BigInt(paths) },
  }),
  hopeless: ({ steps, undecided, unlabelled = 0 }: Labelled['counts']) => {
    if (steps > undecided) return undefined;
    if (steps === 0 && unlabelled > 0)
      return { what: `none of ${unlabelled} paths can be labelled`, remedy: SHORTER };
    return {
      what: `no step of ${steps} has a label`,
      remedy: 'draw more simulation.rollouts, or let them be longer (simulation.maxNewTokens)',
    };
  },
  oddities: ({ unlabelled }: Labelled['counts']) =>
    leftOut(
      unlabelled,
      'paths have no labels: the simulator cannot read them, or they are longer than a request takes',
    ),
});

interface Labelled {
  readonly outputs: { readonly labels: string };
  readonly counts: z.infer<typeof found>;
}
