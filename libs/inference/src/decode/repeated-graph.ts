import {
  add,
  argMax,
  assumeShape,
  cast,
  concat,
  cumSum,
  dimensionScalar,
  equal,
  gather,
  gatherElements,
  greaterOrEqual,
  less,
  lessOrEqual,
  logicalAnd,
  logSoftmax,
  loop,
  maximum,
  minimum,
  mul,
  neg,
  range,
  reduceMax,
  reduceMin,
  reduceSum,
  reshape,
  slice,
  softmax,
  sub,
  unsqueeze,
  where,
  type Dim,
  type Graph,
  type Value,
} from '@sipf/graph';
import { decoderForward, dependsOnLength, lmHead } from '@sipf/models';
import type { WeightedGraph } from '../weights/adapted-sessions.ts';
import type { AdapterForm } from '../weights/adapter-inputs.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import { sharedInputs, startDecoderGraph } from './decoder-graph.ts';
import { MASKED } from './masked.ts';
import { sharedPromptAttention, type SharedPromptInputs } from './shared-prompt-attention.ts';

/**
 * The decoder graph, see buildDecoderGraph, with a loop in it: it continues rows by up to `steps` tokens a run, which it chooses
 * and whose keys it keeps itself, for devices whose tensors cannot stay there between runs. A prompt is read in one step.
 *
 * Further inputs: steps int64 []; ownLengths int64 [B], the keys of its own that a row has; uniforms of greedyRows' companions,
 * drawnUniforms float64 [N, Md] and temperedUniforms [N, Mt]; feeds int64 [F], for each row its place among the chosen (greedy,
 * drawn, tempered ones in this order, C of them), or nothing where there is one step; endIds int64 [C, E], after any of which a
 * row has ended, and ended float32 [C], 1 where it had before. The loop ends with the last row.
 *
 * Outputs, of each step: present [n, 2 L B, K, T, Dh]; tokens int64 [n, C]; their numbers float32 [n, C], which are
 * log-probabilities, but probabilities where drawn; filteredLogits [n, Mf, V].
 */
export function buildRepeatedGraph(weights: DecoderWeights, form: AdapterForm | undefined): WeightedGraph {
  const { config } = weights;
  const { graph, parameters, external, inputIds, positionIds } = startDecoderGraph(weights, form);
  const rowLengths = dependsOnLength(config) ? graph.input('rowLengths', 'int64', ['B']) : undefined;
  const shared = sharedInputs(graph, config);
  const ownLengths = graph.input('ownLengths', 'int64', ['B']);
  const headRows = graph.input('headRows', 'int64', ['M']);
  const choice = choiceInputs(graph);
  const pasts = shared.pasts.flatMap(({ key, value }) => [key, value]);
  const ended = graph.input('ended', 'float32', ['C']);
  const { collected } = loop(
    graph.input('steps', 'int64', []),
    [inputIds, ended, ...pasts],
    (step, [ids, before, ...caches]) => {
      const positions = add(positionIds, step);
      const inputs = { ...atStep(shared, ownLengths, step), pasts: inPairs(caches), positionIds: positions };
      const { hidden, present } = decoderForward(config, parameters, {
        inputIds: ids as Value,
        positionIds: positions,
        lengths: rowLengths && add(rowLengths, step),
        attentionBias: inputs.attentionBias,
        attention: (layer) => sharedPromptAttention(config, layer, inputs),
      });
      const parts = present.flatMap(({ key, value }) => [key, value]);
      const rows = reshape(hidden, [-1, config.hiddenSize]);
      const logits = lmHead(config, parameters, gather(rows, headRows, 0));
      const chosen = choose(logits, choice, step);
      const after = maximum(before as Value, anyOf(chosen.tokens, choice.endIds));
      return {
        carried: [
          assumeShape(reshape(gather(chosen.tokens, choice.feeds, 0), [-1, 1]), ['B', 'T']),
          after,
          ...caches.map((cache, at) => withNewest(cache, parts[at] as Value, add(ownLengths, step))),
        ],
        collected: [concat(parts, 0), chosen.tokens, chosen.numbers, gather(logits, choice.filteredRows, 0)],
        goesOn: less(reduceMin(concat([after, graph.constant('float32', [1], [1])], 0)), 1),
      };
    },
  );
  ['present', 'tokens', 'numbers', 'filteredLogits'].forEach((name, at) => {
    graph.output(name, collected[at] as Value);
  });
  return { graph, external };
}

type ChoiceInputs = ReturnType<typeof choiceInputs>;

function choiceInputs(graph: Graph) {
  const rows = (name: string, count: Dim): Value => graph.input(name, 'int64', [count]);
  return {
    greedyRows: rows('greedyRows', 'Mg'),
    drawnRows: rows('drawnRows', 'Md'),
    temperedRows: rows('temperedRows', 'Mt'),
    filteredRows: rows('filteredRows', 'Mf'),
    inverseTemperatures: graph.input('inverseTemperatures', 'float32', ['Mt', 1]),
    drawnUniforms: graph.input('drawnUniforms', 'float64', ['N', 'Md']),
    temperedUniforms: graph.input('temperedUniforms', 'float64', ['N', 'Mt']),
    feeds: rows('feeds', 'F'),
    endIds: graph.input('endIds', 'int64', ['C', 'E']),
  };
}

/** What rows see a number of steps on: as many keys more of their own, and the newest one position further. */
function atStep(
  shared: Omit<SharedPromptInputs, 'positionIds'>,
  ownLengths: Value,
  step: Value,
): Omit<SharedPromptInputs, 'positionIds' | 'pasts'> {
  const { attentionBias, keyPositions } = shared;
  const { graph } = attentionBias;
  const W = attentionBias.shape[3] as Dim;
  const T = attentionBias.shape[2] as Dim;
  const S = (shared.pasts[0] as { key: Value }).key.shape[2] as Dim;
  const size = (dim: Dim): Value => dimensionScalar(graph, dim);
  // 0 for a row's first key, below it for the newest ones and the prompt's.
  const own = sub(range(graph, W), sub(size(W), size(S)));
  const isStale = greaterOrEqual(unsqueeze(own, [0]), unsqueeze(add(ownLengths, step), [1]));
  const bias = add(attentionBias, unsqueeze(where(isStale, graph.scalar(MASKED), 0), [1, 2]));
  const isNewest = logicalAnd(less(own, 0), greaterOrEqual(own, neg(size(T))));
  return {
    ...shared,
    attentionBias: bias,
    keyPositions: keyPositions && add(keyPositions, mul(cast(isNewest, 'int64'), step)),
  };
}

function inPairs(caches: readonly Value[]): SharedPromptInputs['pasts'] {
  return Array.from({ length: caches.length / 2 }, (_, layer) => ({
    key: caches[2 * layer] as Value,
    value: caches[2 * layer + 1] as Value,
  }));
}

/** A cache [B, K, S, Dh] with the first of the newest keys [B, K, T, Dh] behind as many as each row has. */
function withNewest(cache: Value, newest: Value, lengths: Value): Value {
  const slots = range(cache.graph, cache.shape[2] as Dim);
  const isFree = equal(unsqueeze(slots, [0]), unsqueeze(lengths, [1]));
  return where(unsqueeze(isFree, [1, 3]), slice(newest, { axis: 2, end: 1 }), cache);
}

/** The rows' next tokens, and the number that says how probable each was. */
function choose(logits: Value, choice: ChoiceInputs, step: Value): { tokens: Value; numbers: Value } {
  const rows = (list: Value): Value => gather(logits, list, 0);
  const greedy = rows(choice.greedyRows);
  const drawn = softmax(rows(choice.drawnRows), 1);
  const tempered = rows(choice.temperedRows);
  const drawnTokens = draw(drawn, gather(choice.drawnUniforms, step, 0));
  const temperedTokens = draw(
    softmax(mul(tempered, choice.inverseTemperatures), 1),
    gather(choice.temperedUniforms, step, 0),
  );
  const tokens = concat([argMax(greedy, 1), drawnTokens, temperedTokens], 0);
  const numbers = [
    reduceMax(logSoftmax(greedy, 1), [1], false),
    at(drawn, drawnTokens),
    at(logSoftmax(tempered, 1), temperedTokens),
  ];
  return { tokens: assumeShape(tokens, ['C']), numbers: assumeShape(concat(numbers, 0), ['C']) };
}

/** drawToken of every row of probabilities [R, V], with uniforms float64 [R]: the same ids, bit for bit on the CPU. */
function draw(probabilities: Value, uniforms: Value): Value {
  const sums = cumSum(cast(probabilities, 'float64'), 1);
  const total = slice(sums, { axis: 1, start: -1 });
  const uniform = unsqueeze(uniforms, [1]);
  const threshold = where(less(uniform, total), uniform, mul(uniform, total));
  const count = (condition: Value): Value => reduceSum(cast(condition, 'int64'), [1]);
  return minimum(count(lessOrEqual(sums, threshold)), count(less(sums, total)));
}

function at(table: Value, ids: Value): Value {
  return reshape(gatherElements(table, unsqueeze(ids, [1]), 1), [-1]);
}

/** float32 [C]: 1 where a token is one of the row's ids. */
function anyOf(tokens: Value, ids: Value): Value {
  return reduceMax(cast(equal(unsqueeze(tokens, [1]), ids), 'float32'), [1]);
}
