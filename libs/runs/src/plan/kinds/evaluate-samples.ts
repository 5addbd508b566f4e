import { unasked } from './parts.ts';
import { counts, figuresNamed, optionalCounts, outputs } from './result-shapes.ts';
import { stageKind } from './stage-kind.ts';

/** Pass@k, majority and, where the run has a verifier, best of k: from several samples of every test question. */
export const evaluateSamples = stageKind({
  description: 'Pass@k, majority and best of k',
  method: 'evaluate',
  version: 1,
  reads: { 'train-verifier': 'where-made' },
  data: ({ dataset }: { readonly dataset: string }) => ['exemplars', 'policy', dataset],
  settings: ['evaluation', 'sampling', 'pairs', 'filter', 'chatDay'],
  needed: ['evaluation.samples'],
  asksDataset: true,
  asks: { service: 'generation', model: 'policy' },
  outputs: outputs('paths'),
  /** `unasked` are questions that fill the policy with their prompt. */
  counts: counts('total', 'samples').extend(optionalCounts('unasked').shape),
  oddities: unasked,
  /** See `sampledAccuracy` of the method. */
  figures: figuresNamed(/^(pass|maj|best)@\d+$/),
});
