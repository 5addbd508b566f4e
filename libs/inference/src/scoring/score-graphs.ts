import { createGraph, sigmoid } from '@sipf/graph';
import {
  countingPositionIds,
  decoderForward,
  dependsOnLength,
  lmHead,
  nextTokenLogProbs,
  rightPaddedAttentionBias,
  verifierLogOdds,
  type DecoderConfig,
} from '@sipf/models';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import { graphWeights } from '../weights/graph-weights.ts';
import { adapterInputs, type AdapterForm } from '../weights/adapter-inputs.ts';
import type { WeightedGraph } from '../weights/adapted-sessions.ts';

/** What a scoring graph computes at every token of right-padded rows. */
export type ScoreKind = 'step-probabilities' | 'token-log-probs';

/**
 * Inputs: inputIds int64 [B, T], completionMask float32 [B, T] (1 on completion tokens; only where the head sees the
 * confidence), rowLengths int64 [B] (only where RoPE depends on them). Output `scores` float32 [B, T]: for `step-probabilities` the verifier's probability of "correct" at each
 * position, for `token-log-probs` at position t the log-probability of the token at t + 1.
 * @param form adapters of which any may be fed, see adapterInputs
 * @throws SipfError failed-precondition NOT_A_VERIFIER for the step probabilities of a language model
 */
export function buildScoreGraph(weights: DecoderWeights, kind: ScoreKind, form?: AdapterForm): WeightedGraph {
  const { config } = form ?? weights;
  const graph = createGraph('score');
  const { parameters: base, external } = graphWeights(graph, weights);
  const parameters = form === undefined ? base : adapterInputs(graph, base, form);
  const inputIds = graph.input('inputIds', 'int64', ['B', 'T']);
  const rows = {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    lengths: dependsOnLength(config) ? graph.input('rowLengths', 'int64', ['B']) : undefined,
    attentionBias: rightPaddedAttentionBias(inputIds),
    ...(needsCompletionMask(config, kind) && {
      completionMask: graph.input('completionMask', 'float32', ['B', 'T']),
    }),
  };
  if (kind === 'step-probabilities') {
    graph.output('scores', sigmoid(verifierLogOdds(config, parameters, rows)));
  } else {
    const { hidden } = decoderForward(config, parameters, rows);
    graph.output('scores', nextTokenLogProbs(lmHead(config, parameters, hidden), inputIds));
  }
  return { graph, external };
}

/** Whether the graph of this kind has the input completionMask. */
export function needsCompletionMask({ head }: DecoderConfig, kind: ScoreKind): boolean {
  return kind === 'step-probabilities' && head !== 'lm' && head.features === 'hidden+confidence';
}
