import type { StepScoreRequest } from '@sipf/inference';
import { anotherModel, readAnswer, wrongAnswer } from '@sipf/serving';
import { z } from 'zod';

/** What a server was asked. */
export interface AskedScores {
  /** The server's name of the verifier. */
  readonly name: string;
  readonly rows: readonly StepScoreRequest[];
  readonly head: PoolingHead;
}

/** How a server reports what a head says. */
export type PoolingHead =
  /** Logits of every token: of "wrong" and "right", or a single score. */
  | { readonly kind: 'every-token'; readonly numLabels: 1 | 2 }
  /** Probabilities of "wrong" and "right" at the steps' marks alone, as vLLM gives for Qwen's process reward models. */
  | { readonly kind: 'marks' };

const answer = z.object({
  model: z.string(),
  data: z.array(z.object({ index: z.number().int(), data: z.base64() })),
});

const reader = {
  schema: answer,
  isAnswer: (value: object) => 'data' in value && Array.isArray(value.data) && 'model' in value,
  remedyOf: () => 'numbers are asked for as base64 of float32, which vLLM 0.32 gives',
};

/**
 * Reads an answer to `POST /pooling`: per row the log-odds of "correct" at its steps' ends; undefined for a text that is no answer.
 * @throws SipfError failed-precondition: MODEL_NOT_LOADED where another model answered, BACKEND_ANSWER_INVALID naming the field
 */
export function readLogOdds(text: string, { name, rows, head }: AskedScores): number[][] | undefined {
  const found = readAnswer(text, reader);
  if (found === undefined) return undefined;
  if (found.model !== name) throw anotherModel({ field: 'model', answered: found.model, wanted: name });
  if (found.data.length !== rows.length) {
    const description = `has ${found.data.length} entries, ${rows.length} rows were sent`;
    throw wrongAnswer({ field: 'data', description });
  }
  return rows.map((row, at) => {
    const { index, data } = found.data[at] as (typeof found.data)[number];
    if (index !== at) throw wrongAnswer({ field: `data[${at}].index`, description: `is ${index}` });
    const field = `data[${at}].data`;
    return head.kind === 'marks' ? atMarks(data, row, field) : atEnds(data, row, { field, head });
  });
}

function atEnds(
  data: string,
  { ids, stepEndPositions }: StepScoreRequest,
  { field, head: { numLabels } }: { readonly field: string; readonly head: { readonly numLabels: 1 | 2 } },
): number[] {
  const logits = floatsOf(data, numLabels * ids.length, field);
  return stepEndPositions.map((position) => {
    const [first = NaN, right = NaN] = logits.subarray(numLabels * position, numLabels * (position + 1));
    const odds = numLabels === 1 ? first : right - first;
    if (Number.isFinite(odds)) return odds;
    throw wrongAnswer({ field, description: `is no number at token ${position}` });
  });
}

/** Smallest positive float32: what a server rounds to 0 is not smaller by much. */
const SMALLEST = 2 ** -149;
/** How far a float32 softmax of two may be from a sum of 1. */
const ROUNDING = 1e-4;

function atMarks(data: string, { stepEndPositions }: StepScoreRequest, field: string): number[] {
  const probabilities = floatsOf(data, 2 * stepEndPositions.length, field);
  return stepEndPositions.map((_, step) => {
    const [wrong = NaN, right = NaN] = probabilities.subarray(2 * step, 2 * step + 2);
    if (wrong < 0 || right < 0 || !(Math.abs(wrong + right - 1) <= ROUNDING)) {
      const description = `must be two probabilities of step ${step}, is ${wrong} and ${right}`;
      throw wrongAnswer({ field, description });
    }
    return Math.log(Math.max(right, SMALLEST)) - Math.log(Math.max(wrong, SMALLEST));
  });
}

/** Little-endian float32. */
function floatsOf(data: string, expected: number, field: string): Float32Array {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length === 4 * expected)
    return Float32Array.from({ length: expected }, (_, at) => bytes.readFloatLE(4 * at));
  const description = `has ${bytes.length / 4} numbers, not ${expected}`;
  throw wrongAnswer({ field, description });
}
