import { NEEDED_SECTIONS, type RunConfig } from '@sipf/contracts';
import { aligned, droppedRows, SOLVED_PROBLEMS } from './parts.ts';
import { counts, figures, outputs } from './result-shapes.ts';
import { stageKind, type RecipeStageOf, type StageFacts, type Training } from './stage-kind.ts';

type Sft = StageFacts<RecipeStageOf<'sft'>>;
type Settings = Pick<RunConfig, 'continuedSftEpochs' | 'tuning'> & {
  readonly sft: NonNullable<RunConfig['sft']>;
};

/** M_0 = SFT(M, D_0), and every later fine-tuning: on D_0 for longer, or on D_0 and own paths. */
export const sft = stageKind({
  description: 'supervised fine-tuning on the solved problems: M_0',
  method: 'sft',
  version: 1,
  reads: { filter: (method: Sft['method']) => isOnOwnPaths(method) },
  data: ({ method }: Sft) => ['train', 'policy', 'policyConfig', ...(isOnOwnPaths(method) ? ['loop'] : [])],
  settings: ({ iteration, method }: Sft) => {
    if (iteration === 0) return ['sft', 'policy', 'chatDay'];
    return ['sft', 'policy', 'chatDay', isOnOwnPaths(method) ? 'tuning' : 'continuedSftEpochs'];
  },
  needed: NEEDED_SECTIONS.sft,
  trains: {
    role: 'the policy after supervised fine-tuning',
    learntFrom: SOLVED_PROBLEMS,
    card: ['policy', 'sft'],
    by: ({ iteration, method }: Sft, settings: Settings): Training => {
      if (iteration === 0) return { field: 'sft', split: 'train', optimisation: settings.sft };
      if (!isOnOwnPaths(method)) return trainingForLonger(settings);
      const { optimisation } = settings.tuning;
      if (optimisation !== undefined) return { field: 'tuning.optimisation', optimisation };
      // Which own paths are too long is nothing that the settings of SFT could know.
      return { field: 'sft', optimisation: { ...settings.sft, longerRows: 'drop' } };
    },
  },
  outputs: outputs('dataset', 'model'),
  counts: counts('examples', 'droppedRows'),
  figures: figures(),
  oddities: droppedRows,
  boundary: aligned,
});

/** M_0's own settings on D_0, for more epochs where the run says how many. */
export function trainingForLonger({ sft, continuedSftEpochs }: Omit<Settings, 'tuning'>): Training {
  const optimisation = { ...sft, epochs: continuedSftEpochs ?? sft.epochs };
  return { field: 'continuedSftEpochs', split: 'train', optimisation };
}

function isOnOwnPaths({ data }: Sft['method']): boolean {
  return data.includes('own-paths');
}
