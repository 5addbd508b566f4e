import { droppedRows, SOLVED_PROBLEMS } from './parts.ts';
import { counts, figures, outputs } from './result-shapes.ts';
import { trainingForLonger } from './sft.ts';
import { stageKind } from './stage-kind.ts';

/** M_0 trained on D_0 for longer: what the loop's gain is compared with. */
export const continuedSft = stageKind({
  description: 'M_0, trained for longer: what the gain of the loop is compared with',
  version: 1,
  reads: {},
  data: ['train'],
  settings: ['sft', 'policy', 'continuedSftEpochs', 'chatDay'],
  needed: ['sft'],
  trains: {
    role: 'the policy after supervised fine-tuning for longer, to compare the method with',
    learntFrom: SOLVED_PROBLEMS,
    card: ['policy', 'sft', 'continuedSftEpochs'],
    by: (_, settings: Parameters<typeof trainingForLonger>[0]) => trainingForLonger(settings),
  },
  outputs: outputs('dataset', 'model'),
  counts: counts('examples', 'droppedRows'),
  figures: figures(),
  oddities: droppedRows,
});
