import { NEEDED_SECTIONS, type RunConfig } from '@sipf/contracts';
import { aligned, DROPPED_ROWS, droppedRows } from './parts.ts';
import { counts, figures, outputs } from './result-shapes.ts';
import { stageKind, type RecipeStageOf, type SettingName, type StageFacts } from './stage-kind.ts';

type Align = StageFacts<RecipeStageOf<'align'>>;
interface Settings {
  readonly alignment: NonNullable<RunConfig['alignment']>;
}

/** The weights that an objective reads, and no others: a sweep of lambda trains no DPO again. */
const WEIGHTS: Readonly<Record<Align['method']['objective'], readonly SettingName[]>> = {
  orpo: ['alignment.nll', 'alignment.lambda'],
  'nll-chosen': ['alignment.nll'],
  dpo: ['alignment.beta'],
  rpo: ['alignment.beta', 'alignment.nllWeight'],
};

/** M_k: the policy aligned on D_k (Eqs. 7-8). */
export const align = stageKind({
  description: 'preference training on the pairs (Eqs. 7-8)',
  method: 'align',
  version: 1,
  reads: { pair: 'needed' },
  data: ['policy', 'policyConfig'],
  settings: ({ method }: Align) => [
    ...(['policy', 'alignment.optimisation', 'chatDay'] as const),
    ...WEIGHTS[method.objective],
  ],
  needed: NEEDED_SECTIONS.align,
  trains: {
    role: 'the policy after alignment on its own paths',
    learntFrom: { pairs: 'preference pairs (prompt, chosen, rejected)', ...DROPPED_ROWS },
    card: ['policy', 'sampling', 'simulation', 'verifier', 'pairs', 'alignment'],
    by: (_, { alignment: { optimisation } }: Settings) => ({
      field: 'alignment.optimisation',
      optimisation,
    }),
  },
  outputs: outputs('model'),
  counts: counts('pairs', 'droppedRows'),
  figures: figures(),
  oddities: droppedRows,
  boundary: aligned,
});
