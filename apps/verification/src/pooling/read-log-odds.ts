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

/** The logits that a server reports: of every token, or of the steps' marks alone, as for Qwen's process reward models. */
export interface PoolingHead {
  readonly tokens: 'all' | 'marks';
  /** "Wrong" and "right", or a single score. */
  readonly numLabels: 1 | 2;
}

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
 * Reads an answer to `POST /pooling`: per row the log-odds of "correct" at its steps' ends; undefined for a text that is no
 * answer.
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
  const logits = rows.map((row, at) => {
    const { index, data } = found.data[at] as (typeof found.data)[number];
    if (index !== at) throw wrongAnswer({ field: `data[${at}].index`, description: `is ${index}` });
    return logitsOf(data, row, { head, field: `data[${at}].data` });
  });
  checkLogits(logits.flat());
  return logits.map((steps) => steps.map(([first, right]) => (right === undefined ? first : right - first)));
}

/** One score, or those of "wrong" and "right". */
type Logits = readonly [number, number?];

/** The logits at the ends of a row's steps, from little-endian float32. */
function logitsOf(
  data: string,
  { ids, stepEndPositions }: StepScoreRequest,
  { head: { tokens, numLabels }, field }: { readonly head: PoolingHead; readonly field: string },
): Logits[] {
  const bytes = Buffer.from(data, 'base64');
  const expected = numLabels * (tokens === 'all' ? ids.length : stepEndPositions.length);
  if (bytes.length !== 4 * expected) {
    throw wrongAnswer({ field, description: `has ${bytes.length / 4} numbers, not ${expected}` });
  }
  return stepEndPositions.map((position, step) => {
    const first = numLabels * (tokens === 'all' ? position : step);
    const logits = Array.from({ length: numLabels }, (_, label) => bytes.readFloatLE(4 * (first + label)));
    if (logits.every(Number.isFinite)) return logits as [number, number?];
    throw wrongAnswer({ field, description: `is no number at step ${step}` });
  });
}

/** How far a float32 softmax of two may be from a sum of 1. */
const ROUNDING = 1e-5;

/** A server that does not know `use_activation` gives probabilities, which are another number than their logits. */
function checkLogits(logits: readonly Logits[]): void {
  const areProbabilities = logits.every(
    ([wrong, right = NaN]) => wrong >= 0 && right >= 0 && Math.abs(wrong + right - 1) < ROUNDING,
  );
  if (logits.length === 0 || !areProbabilities) return;
  const description =
    'are probabilities, logits were asked for (use_activation: false, which vLLM 0.32 knows)';
  throw wrongAnswer({ field: 'data', description });
}
