import { createGraph, gather, reshape, type Graph, type Value } from '@sipf/graph';
import {
  decoderForward,
  dependsOnLength,
  lmHead,
  nextTokenLogProbs,
  rightPaddedAttentionBias,
  verifierHead,
  verifierHeadLogOdds,
  type DecoderConfig,
  type ParameterSource,
} from '@sipf/models';
import type { WeightedGraph } from '../weights/adapted-sessions.ts';
import { adapterInputs, type AdapterForm } from '../weights/adapter-inputs.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import { graphWeights } from '../weights/graph-weights.ts';
import { packedAttention, type PackedSequences, type PackedTokens } from './packed-attention.ts';

/** What a scoring graph computes at every token of the rows. */
export type ScoreKind = 'step-log-odds' | 'token-log-probs';

/** Rows of a batch lie in so many classes of about one length, since padding costs time in attention. */
export const ROW_CLASSES = 3;

/** The name of an input or output that every class of rows has. */
export function classInput(name: string, index: number): string {
  return `${name}.${index}`;
}

/**
 * A batch of T tokens one below the other: N prompts, of which each is read once, and rows that continue one of them. Norms
 * and products see the tokens alone, so that neither a shared prompt nor the rows' different lengths cost anything there.
 *
 * Inputs: inputIds and positionIds int64 [T, 1]; tokenLengths int64 [T], the length of each token's sequence (only where RoPE
 * depends on it); promptTokens and promptPositions int64 [N, P]; for each class c of rows rowTokens.c and
 * rowPositions.c int64 [B, S]: the token of each slot, right-padded with positions after all others; rowPrompts.c int64 [B], the
 * prompt of each row; tokenSlots int64 [T], each token's slot among those of prompts and classes one after the other;
 * completionMask.c float32 [B, S] (1 on completion tokens; only where the head sees the confidence). Outputs scores.c
 * float32 [B, S]: for `step-log-odds` the verifier's log-odds of "correct" at each position, for
 * `token-log-probs` at position t the log-probability of the token at t + 1. Where the head reads a step's last token alone
 * the last layer computes no other: stepTokens int64 [U] names them, and the one output scores float32 [1, U] is theirs.
 * @param form adapters of which any may be fed, see adapterInputs
 * @throws SipfError failed-precondition NOT_A_VERIFIER for the step log-odds of a language model
 */
export function buildScoreGraph(weights: DecoderWeights, kind: ScoreKind, form?: AdapterForm): WeightedGraph {
  const { config } = form ?? weights;
  if (kind === 'step-log-odds') verifierHead(config);
  const graph = createGraph('score');
  const { parameters: base, external } = graphWeights(graph, weights);
  const parameters = form === undefined ? base : adapterInputs(graph, base, form);
  const inputIds = graph.input('inputIds', 'int64', ['T', 1]);
  const packed = packedInputs(graph);
  const wanted = readsStepEnds(config, kind) ? graph.input('stepTokens', 'int64', ['U']) : undefined;
  const decoded = decoderForward(config, parameters, {
    inputIds,
    positionIds: graph.input('positionIds', 'int64', ['T', 1]),
    lengths: dependsOnLength(config) ? graph.input('tokenLengths', 'int64', ['T']) : undefined,
    attentionBias: graph.scalar(0),
    attention: packedAttention(config, packed),
    wanted,
  });
  if (wanted !== undefined) {
    const ends = { inputIds: gather(reshape(inputIds, [1, 'T']), wanted, 1), hidden: decoded.hidden };
    graph.output('scores', stepLogOdds(config, parameters, { ...ends, index: 0 }));
    return { graph, external };
  }
  packed.classes.forEach(({ tokens }, index) => {
    const rows = {
      inputIds: gather(reshape(inputIds, ['T']), tokens, 0),
      hidden: gather(reshape(decoded.hidden, ['T', config.hiddenSize]), tokens, 0),
    };
    const scores =
      kind === 'token-log-probs'
        ? nextTokenLogProbs(lmHead(config, parameters, rows.hidden), rows.inputIds)
        : stepLogOdds(config, parameters, { ...rows, index });
    graph.output(classInput('scores', index), scores);
  });
  return { graph, external };
}

/** The verifier's head on one class of rows. */
function stepLogOdds(
  config: DecoderConfig,
  parameters: ParameterSource,
  { inputIds, hidden, index }: { readonly inputIds: Value; readonly hidden: Value; readonly index: number },
): Value {
  const rows = { inputIds, hidden, attentionBias: rightPaddedAttentionBias(inputIds) };
  if (!needsCompletionMask(config, 'step-log-odds')) {
    return verifierHeadLogOdds(config, parameters, rows);
  }
  const name = classInput('completionMask', index);
  const completionMask = inputIds.graph.input(name, 'float32', inputIds.shape);
  return verifierHeadLogOdds(config, parameters, { ...rows, completionMask });
}

function packedInputs(graph: Graph): PackedTokens {
  const sequences = (name: (what: string) => string, shape: [string, string]): PackedSequences => ({
    tokens: graph.input(name('Tokens'), 'int64', shape),
    positions: graph.input(name('Positions'), 'int64', shape),
  });
  return {
    prompts: sequences((what) => `prompt${what}`, ['N', 'P']),
    classes: Array.from({ length: ROW_CLASSES }, (_, index) => ({
      ...sequences((what) => classInput(`row${what}`, index), [`B${index}`, `S${index}`]),
      prompts: graph.input(classInput('rowPrompts', index), 'int64', [`B${index}`]),
    })),
    tokenSlots: graph.input('tokenSlots', 'int64', ['T']),
  };
}

/** Whether the graph of this kind has the input stepTokens: its head needs nothing of the other tokens. */
export function readsStepEnds(config: DecoderConfig, kind: ScoreKind): boolean {
  return kind === 'step-log-odds' && !needsCompletionMask(config, kind);
}

/** Whether the graph of this kind has the input completionMask. */
export function needsCompletionMask({ head }: DecoderConfig, kind: ScoreKind): boolean {
  return kind === 'step-log-odds' && head !== 'lm' && head.features === 'hidden+confidence';
}
