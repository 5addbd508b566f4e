import type { OptimisationConfig } from '@sipf/contracts';
import { droppedRows, SOLVED_PROBLEMS } from './parts.ts';
import { counts, figures, outputs } from './result-shapes.ts';
import { stageKind } from './stage-kind.ts';

interface Settings {
  readonly simulator: { readonly optimisation: OptimisationConfig };
}

/** The simulator, from scratch on problems of its own. */
export const simulator = stageKind({
  description: 'the simulator, trained from scratch',
  version: 1,
  reads: {},
  data: ['simulator', 'simulatorConfig'],
  settings: ['simulator', 'chatDay'],
  needed: ['simulator', 'simulator.optimisation'],
  trains: {
    role: 'the model that completes partial paths to label their steps',
    learntFrom: SOLVED_PROBLEMS,
    card: ['simulator'],
    by: (_, { simulator: { optimisation } }: Settings) => ({
      field: 'simulator.optimisation',
      split: 'simulator',
      optimisation,
    }),
  },
  outputs: outputs('dataset', 'model'),
  counts: counts('examples', 'droppedRows'),
  figures: figures(),
  oddities: droppedRows,
});
