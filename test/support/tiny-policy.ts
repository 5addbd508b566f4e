/** The smallest policy that a run can train from scratch, as its configuration says it. */
export const TINY_POLICY = {
  initial: {
    hiddenSize: 8,
    intermediateSize: 8,
    numHiddenLayers: 1,
    numAttentionHeads: 1,
    numKeyValueHeads: 1,
  },
};
