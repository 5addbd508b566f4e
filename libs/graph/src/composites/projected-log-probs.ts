import { float, int } from '../attribute.ts';
import type { Value } from '../graph.ts';
import { zeroFrom } from '../operators/after.ts';
import { cast, mark, stopGradient } from '../operators/convert.ts';
import { add, div, equal, exp, log, mul, sub, tanh } from '../operators/elementwise.ts';
import { argMax, gather, gatherElements } from '../operators/indexing.ts';
import { concat } from '../operators/joining.ts';
import { squeeze, unsqueeze } from '../operators/layout.ts';
import { linear, matMul } from '../operators/mat-mul.ts';
import { applySingle } from '../operators/operand.ts';
import { reduceMax, reduceSum } from '../operators/reduction.ts';

/** A linear layer from hidden states to the logits of a vocabulary. */
export interface Projection {
  /** [V, D] */
  readonly weight: Value;
  /** [V] */
  readonly bias?: Value | undefined;
  /** Logits are c tanh(logit / c). @default they are not capped */
  readonly softcap?: number | undefined;
}

/** What {@link projectedLogProbs} reads beside hidden states and projection. */
export interface ProjectedOptions {
  /** int64 [N], each in [0, V). */
  readonly ids: Value;
  /** Vocabulary entries whose logits are there at a time. */
  readonly piece: number;
  /** Also say how each row predicts its id. @default false */
  readonly predictions?: boolean;
  /**
   * The projection gets no gradient: that by x is worked out in the forward pass, while the logits are there, and they
   * are not computed again. @default false
   */
  readonly frozen?: boolean;
}

/** Per row, float32 [N]. */
export interface ProjectedLogProbs {
  /** log p(id) */
  readonly logProbs: Value;
  /** Where asked for, without gradient. */
  readonly predictions?: {
    /** 1 where the id is the likeliest, else 0. */
    readonly correct: Value;
    /** Of the distribution, in nats. */
    readonly entropy: Value;
  };
}

/**
 * log p(id) under softmax(x W^T + b) without the logits [N, V]: pieces of the vocabulary are worked through one after the
 * other, forward and backward, and no more than [N, piece] is there at a time. The backward pass computes them again
 * unless the projection is frozen.
 * @param x [N, D]
 * @throws ShapeError
 */
export function projectedLogProbs(
  x: Value,
  projection: Projection,
  { ids, piece, predictions = false, frozen = false }: ProjectedOptions,
): ProjectedLogProbs {
  const summaries: PieceSummary[] = [];
  for (const part of pieces(projection.weight, piece)) {
    const before = summaries.at(-1);
    const earlier = before === undefined ? [x] : Object.values(before);
    const there = pieceLogits(x, projection, { ...part, earlier });
    const { softcap } = projection;
    summaries.push(summarise({ ...there, softcap, start: part.start }, { predictions, slopes: frozen }));
  }
  const totals = joinSummaries(summaries);
  const total = withRule(totals, x, { projection, piece });
  const logProbs = squeeze(sub(unsqueeze(selectedLogits(x, projection, ids), [1]), total), [1]);
  if (totals.predictions === undefined) return { logProbs };
  const { argMax: likeliest, meanLogit } = totals.predictions;
  const entropy = squeeze(stopGradient(sub(totals.logSumExp, meanLogit)), [1]);
  return {
    logProbs,
    predictions: { correct: cast(equal(squeeze(likeliest, [1]), ids), 'float32'), entropy },
  };
}

function withRule(
  { logSumExp, slopes }: JoinedSummary,
  x: Value,
  { projection, piece }: { projection: Projection; piece: number },
): Value {
  if (slopes !== undefined) return mark('RowSlopes', logSumExp, [x, slopes]);
  const { weight, bias, softcap } = projection;
  return mark('ProjectedLogSumExp', logSumExp, [x, weight, ...(bias === undefined ? [] : [bias])], {
    piece: int(piece),
    softcap: float(softcap ?? 0),
  });
}

/** Part of a vocabulary. */
export interface VocabularyPiece {
  readonly start: number;
  readonly end: number;
}

/** A vocabulary in parts of at most `piece` entries. */
export function pieces(weight: Value, piece: number): VocabularyPiece[] {
  const size = Number(weight.shape[0]);
  return Array.from({ length: Math.ceil(size / piece) }, (_, index) => ({
    start: index * piece,
    end: Math.min(size, (index + 1) * piece),
  }));
}

/** Logits [N, end - start] and the rows of the weight that they come from, read only once `earlier` is there. */
export function pieceLogits(
  x: Value,
  { weight, bias, softcap }: Projection,
  part: VocabularyPiece & { readonly earlier: readonly Value[] },
): { logits: Value; rows: Value } {
  const rows = rowsOf(weight, part);
  const raw = linear(x, rows, bias === undefined ? undefined : rowsOf(bias, part));
  return { logits: capped(raw, softcap), rows };
}

function rowsOf(
  table: Value,
  { start, end, earlier }: VocabularyPiece & { readonly earlier: readonly Value[] },
): Value {
  const { graph, dtype, shape } = table;
  const known = graph.constant('int64', [1], [start]);
  const from = earlier.map(zeroFrom).reduce((sum, zero) => add(sum, zero), known);
  return applySingle(graph, {
    type: 'Slice',
    inputs: [table, from, graph.constant('int64', [1], [end]), graph.constant('int64', [1], [0])],
    outputs: [{ dtype, shape: [end - start, ...shape.slice(1)] }],
  });
}

function capped(logits: Value, softcap: number | undefined): Value {
  return softcap === undefined ? logits : mul(tanh(mul(logits, 1 / softcap)), softcap);
}

/** What is kept of a piece's logits, [N, 1] each but for the slopes. */
interface PieceSummary {
  readonly max: Value;
  /** Sum of exp(logit - max). */
  readonly sum: Value;
  /** Sum of exp(logit - max) logit. */
  readonly weighted?: Value;
  /** int64, counted from the vocabulary's start. */
  readonly argMax?: Value;
  /** Sum of exp(logit - max) dlogit/dx, [N, D]. */
  readonly slopes?: Value;
}

interface PieceInHand {
  readonly logits: Value;
  readonly rows: Value;
  readonly start: number;
  readonly softcap: number | undefined;
}

function summarise(
  { logits, rows, start, softcap }: PieceInHand,
  wanted: { readonly predictions: boolean; readonly slopes: boolean },
): PieceSummary {
  const max = reduceMax(logits, [1], true);
  const powers = exp(sub(logits, max));
  return {
    max,
    sum: reduceSum(powers, [1], true),
    ...(wanted.predictions && {
      weighted: reduceSum(mul(powers, logits), [1], true),
      argMax: add(argMax(logits, 1, true), start),
    }),
    ...(wanted.slopes && { slopes: matMul(timesCapSlope(powers, logits, softcap), rows) }),
  };
}

/** p times the slope of the cap, 1 - (logit / c)^2. */
export function timesCapSlope(p: Value, logits: Value, softcap: number | undefined): Value {
  if (softcap === undefined) return p;
  const share = mul(logits, 1 / softcap);
  return mul(p, sub(1, mul(share, share)));
}

/** The whole vocabulary's, [N, 1] each but for the slopes of the log-sum-exp by x, [N, D]. */
interface JoinedSummary {
  readonly logSumExp: Value;
  readonly predictions?: { readonly meanLogit: Value; readonly argMax: Value };
  readonly slopes?: Value;
}

function joinSummaries(summaries: readonly PieceSummary[]): JoinedSummary {
  const row = (name: keyof PieceSummary) =>
    concat(
      summaries.flatMap((summary) => summary[name] ?? []),
      1,
    );
  const maxima = row('max');
  const max = reduceMax(maxima, [1], true);
  const sum = reduceSum(mul(row('sum'), exp(sub(maxima, max))), [1], true);
  const shareOf = (own: Value) => div(exp(sub(own, max)), sum);
  const [first] = summaries;
  return {
    logSumExp: add(max, log(sum)),
    ...(first?.argMax !== undefined && {
      predictions: {
        meanLogit: reduceSum(mul(row('weighted'), shareOf(maxima)), [1], true),
        argMax: gatherElements(row('argMax'), argMax(maxima, 1, true), 1),
      },
    }),
    ...(first?.slopes !== undefined && {
      slopes: summaries
        .flatMap((summary) => (summary.slopes === undefined ? [] : mul(summary.slopes, shareOf(summary.max))))
        .reduce((total, slopes) => add(total, slopes)),
    }),
  };
}

/** The logit of each row's id, [N]. */
function selectedLogits(x: Value, { weight, bias, softcap }: Projection, ids: Value): Value {
  const raw = reduceSum(mul(x, gather(weight, ids, 0)), [1]);
  return capped(bias === undefined ? raw : add(raw, gather(bias, ids, 0)), softcap);
}
