import { COMPARED_BASES } from '../compared-verifiers.ts';
import { counts, figures, optionalCounts, optionalOutputs } from './result-shapes.ts';
import { stageKind } from './stage-kind.ts';

/** Everything that a run starts from, put into the store. It ties a run to the content of its files, so no run shares it. */
export const data = stageKind({
  description: 'problems and models into the artifact store',
  reads: {},
  data: [],
  settings: [],
  needed: [],
  outputs: optionalOutputs(
    ...(['train', 'loop', 'test', 'validation', 'simulator', 'harder', 'humaneval', 'mmlu-math'] as const),
    ...(['exemplars', 'sources', 'policy', 'policyConfig', 'simulatorConfig', 'verifierBase'] as const),
    ...COMPARED_BASES,
  ),
  counts: counts('train', 'loop', 'test', 'validation').extend(
    optionalCounts('simulator', 'harder', 'humaneval', 'mmlu-math').shape,
  ),
  figures: figures(),
});
