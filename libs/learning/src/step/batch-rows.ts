import {
  add,
  cast,
  concat,
  type Dim,
  equal,
  greater,
  greaterOrEqual,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  multiplyDims,
  range,
  gather,
  reshape,
  sub,
  unsqueeze,
  type Value,
  where,
} from '@sipf/graph';
import {
  type CompletionLogProbs,
  countingPositionIds,
  type DecoderInputs,
  followingIds,
  MASKED_SCORE,
  predictingMask,
  rightPaddedAttentionBias,
} from '@sipf/models';

/** The values of an objective's inputs by name, see `objectiveInputs`. */
export type NamedValues = (name: string) => Value;

type RowLogProbs = Omit<CompletionLogProbs, 'mask'>;

/** How the rows of a batch are read, and what of them is scored. */
export interface BatchRows {
  readonly inputs: Pick<DecoderInputs, 'inputIds' | 'positionIds' | 'attentionBias'>;
  /** The states [B, T, D] that predict the targets, int64 [B, T]. */
  scored(hidden: Value): { readonly hidden: Value; readonly targets: Value };
  /** float32 masks: of what is scored in the rows, of the completions and, where it is asked for, of the sequences. */
  masks(options: { readonly sequence: boolean }): {
    readonly wanted: Value;
    readonly mask: Value;
    readonly sequenceMask: Value;
  };
  /** What was scored in the rows, by sequence: for pairs [2 P, T], chosen ones first. */
  perSequence(logProbs: RowLogProbs): RowLogProbs;
}

/** A row a sequence. */
export function separateRows(values: NamedValues): BatchRows {
  const inputIds = values('input_ids');
  return {
    inputs: {
      inputIds,
      positionIds: countingPositionIds(inputIds),
      attentionBias: rightPaddedAttentionBias(inputIds),
    },
    scored: (hidden) => ({ hidden, targets: followingIds(inputIds) }),
    masks: ({ sequence }) => {
      const mask = predictingMask(values('completion_mask'));
      const sequenceMask = sequence ? predictingMask(values('attention_mask')) : mask;
      return { mask, sequenceMask, wanted: sequenceMask };
    },
    perSequence: (logProbs) => logProbs,
  };
}

/**
 * A row a pair, [P, T]: prompt, chosen completion, rejected completion. The rejected one does not see the chosen one and
 * is at the positions that it would have without it, so that all numbers are those of two rows, and the prompt is
 * computed once.
 */
export function sharedRows(values: NamedValues): BatchRows {
  const inputIds = values('input_ids');
  const layout = layoutOf(values, inputIds);
  const { chosen, rejected, positionIds, attentionBias } = layout;
  const twice = (value: Value) => concat([value, value], 0);
  return {
    inputs: { inputIds, positionIds, attentionBias },
    scored: (hidden) => ({ hidden: predictingStates(hidden, layout), targets: inputIds }),
    masks: ({ sequence }) => {
      const mask = concat([asMask(chosen), asMask(rejected)], 0);
      const whole = logicalAnd(layout.beforeRejected, layout.predicted);
      const first = sequence ? whole : chosen;
      const wanted = asMask(logicalOr(first, rejected));
      return { wanted, mask, sequenceMask: concat([asMask(first), asMask(rejected)], 0) };
    },
    perSequence: ({ tokens }) => ({ tokens: twice(tokens) }),
  };
}

/** Where the tokens of shared rows belong, bool or int64 [P, T]. */
interface TokenLayout {
  /** int64 [1, T] */
  readonly column: Value;
  /** int64 [P, 1]: where prompt and chosen completion end. */
  readonly promptEnd: Value;
  readonly chosenEnd: Value;
  /** Of the prompt or the chosen completion. */
  readonly beforeRejected: Value;
  /** Whether some token comes before it. */
  readonly predicted: Value;
  /** Tokens of the completions that are predicted. */
  readonly chosen: Value;
  readonly rejected: Value;
  readonly positionIds: Value;
  /** float32 [P, 1, T, T] */
  readonly attentionBias: Value;
}

function layoutOf(values: NamedValues, inputIds: Value): TokenLayout {
  const { graph } = inputIds;
  const end = (name: string) => unsqueeze(values(name), [1]);
  const [promptEnd, chosenEnd, rowEnd] = [end('prompt_ends'), end('chosen_ends'), end('row_ends')];
  const column = unsqueeze(range(graph, inputIds.shape[1] as Dim), [0]);
  const beforeRejected = less(column, chosenEnd);
  const positionIds = where(beforeRejected, column, add(sub(column, chosenEnd), promptEnd));
  const predicted = greater(positionIds, 0);
  const chosenAtAll = logicalAnd(greaterOrEqual(column, promptEnd), beforeRejected);
  const rejectedAtAll = logicalAnd(logicalNot(beforeRejected), less(column, rowEnd));
  const future = greater(unsqueeze(column, [1]), unsqueeze(column, [2]));
  const acrossPair = logicalAnd(unsqueeze(chosenAtAll, [1]), unsqueeze(logicalNot(beforeRejected), [2]));
  const hidden = where(logicalOr(future, acrossPair), graph.scalar(MASKED_SCORE), 0);
  return {
    ...{ column, promptEnd, chosenEnd, beforeRejected, predicted, positionIds },
    chosen: logicalAnd(chosenAtAll, predicted),
    rejected: logicalAnd(rejectedAtAll, predicted),
    attentionBias: unsqueeze(hidden, [1]),
  };
}

/** [P, T, D]: the state before each token, which for the first of a rejected completion is the prompt's last. */
function predictingStates(hidden: Value, { column, promptEnd, chosenEnd }: TokenLayout): Value {
  const { graph, shape } = hidden;
  const [P, T, D] = shape as readonly [Dim, Dim, Dim];
  const rows = multiplyDims(P, T);
  const flatIndex = reshape(range(graph, rows), [P, T]);
  const back = where(equal(column, chosenEnd), add(sub(column, promptEnd), 1), graph.scalar(1, 'int64'));
  const before = reshape(maximum(sub(flatIndex, back), 0), [rows]);
  return reshape(gather(reshape(hidden, [rows, D]), before, 0), [P, T, D]);
}

function asMask(condition: Value): Value {
  return cast(condition, 'float32');
}
