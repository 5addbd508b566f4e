import { NEEDED_SECTIONS, type RunConfig } from '@sipf/contracts';
import type { z } from 'zod';
import { verifierBaseOf } from '../compared-verifiers.ts';
import { parseModel } from '../model-name.ts';
import { DROPPED_ROWS, droppedRows } from './parts.ts';
import { counts, figures, optionalCounts, outputs } from './result-shapes.ts';
import { stageKind, type RecipeStageOf, type StageFacts } from './stage-kind.ts';

type TrainVerifier = StageFacts<RecipeStageOf<'train-verifier'>> & {
  readonly reads: { readonly label?: string };
};
interface Settings {
  readonly verifier: NonNullable<RunConfig['verifier']>;
}

/** `right`, how many labels are right, is there only where all labels are alike. */
const found = counts('paths', 'steps', 'droppedRows').extend(optionalCounts('right').shape);

/** V: the reward model, trained on the step labels C (Eqs. 3-4). */
export const trainVerifier = stageKind({
  description: 'the verifier, trained on the labels (Eqs. 3-4)',
  method: 'train-verifier',
  version: 1,
  reads: { sample: 'needed', label: ({ reward }: TrainVerifier['method']) => reward === 'process' },
  data: (stage: { readonly compared: number | undefined }) => [
    'loop',
    'simulator',
    'policy',
    verifierBaseOf(stage),
  ],
  // Without labels, the settings of labelling say which paths' outcomes are learnt from.
  settings: ({ reads: { label } }: TrainVerifier) =>
    label === undefined ? ['verifier', 'policy', 'simulation', 'chatDay'] : ['verifier', 'policy', 'chatDay'],
  needed: NEEDED_SECTIONS['train-verifier'],
  simulator: ({ verifier }: RunConfig) => verifier?.base === 'simulator',
  trains: {
    role: 'the verifier: for every step of a path, the probability that it is right',
    learntFrom: { paths: 'labelled paths', steps: 'labelled steps', ...DROPPED_ROWS },
    card: ['simulation', 'verifier'],
    by: (_, { verifier: { optimisation } }: Settings) => ({ field: 'verifier.optimisation', optimisation }),
  },
  outputs: outputs('dataset', 'model'),
  counts: found,
  figures: figures(),
  boundary: ({ outputs: { model } }: { readonly outputs: { readonly model: string } }) => ({
    $case: 'verifierTrained',
    value: { verifier: parseModel(model) },
  }),
  oddities: (counts: Counts) => [...droppedRows(counts), ...oneClass(counts)],
});

type Counts = z.infer<typeof found>;

function oneClass({ steps, right }: Counts): string[] {
  if (right === undefined || steps === 0 || (right !== 0 && right !== steps)) return [];
  const which = right === 0 ? 'wrong' : 'right';
  return [
    `all ${steps} labels are "${which}": a verifier of one class cannot rank steps; label paths of both outcomes`,
  ];
}
