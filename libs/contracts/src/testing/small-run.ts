const initial = {
  hiddenSize: 8,
  intermediateSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 1,
  numKeyValueHeads: 1,
};
const optimisation = { learningRate: 1e-3 };

/** The smallest policy that a run can train from scratch, as its configuration says it. */
export const SMALL_POLICY = { initial };

/** The settings of a small run with every section that a method may read, for specs that change some of them. */
export const SMALL_RUN = {
  task: { name: 'arithmetic' },
  policy: SMALL_POLICY,
  sft: optimisation,
  sampling: { maxNewTokens: 8 },
  simulator: { initial, optimisation },
  simulation: { questions: 1, maxNewTokens: 8 },
  verifier: { optimisation },
  pairs: {},
  alignment: { optimisation },
  evaluation: { maxNewTokens: 8 },
};
