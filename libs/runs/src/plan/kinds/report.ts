import { counts, figures, outputs } from './result-shapes.ts';
import { stageKind } from './stage-kind.ts';

/** What people read; it reads every result of the run, so no other run takes it. */
export const report = stageKind({
  description: 'results.json and results.md',
  reads: {},
  data: [],
  settings: [],
  needed: [],
  outputs: outputs('results'),
  counts: counts('rows'),
  figures: figures(),
});
