import { common, errorReason, type verification } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { StepScoreRequest } from '@sipf/inference';
import { encodeSteps, renderPrompt } from '@sipf/models';
import { inTurns, isSurelyLonger } from '@sipf/serving';
import type { ServedVerifier } from './served-verifier.ts';

/** A row ready to be scored, or why it cannot be. */
export type EncodedRow =
  | { readonly id: string; readonly row: StepScoreRequest; readonly error?: never }
  | { readonly id: string; readonly row?: never; readonly error: verification.RowError };

/**
 * Puts the questions into the verifier's own template and encodes them with their steps, in order; other calls have their
 * turn meanwhile. What is wrong with one row is that row's error.
 */
export async function encodeRows(
  rows: readonly verification.ScoreRow[],
  verifier: Pick<ServedVerifier, 'tokenizer' | 'scorer'> & { readonly signal: AbortSignal },
): Promise<EncodedRow[]> {
  const encoded: EncodedRow[] = [];
  for await (const row of inTurns(rows, verifier.signal)) encoded.push(encodeRow(row, verifier));
  return encoded;
}

function encodeRow(
  { id, question, steps }: verification.ScoreRow,
  { tokenizer, scorer }: Pick<ServedVerifier, 'tokenizer' | 'scorer'>,
): EncodedRow {
  const { head, maxPositionEmbeddings: longest } = scorer.model.config;
  const prompt = renderPrompt(question, head === 'lm' ? undefined : head.promptTemplate);
  try {
    if (isSurelyLonger(tokenizer, [prompt, ...steps].join('\n'), longest)) return tooLong(id, longest);
    const { ids, promptLength, stepEnds } = encodeSteps(tokenizer, prompt, steps);
    if (ids.length > longest) return tooLong(id, longest, ids.length);
    return { id, row: { ids, promptLength, stepEndPositions: stepEnds } };
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    return { id, error: { reason: errorReason(error.reason), message: error.message } };
  }
}

function tooLong(id: string, longest: number, tokens?: number): EncodedRow {
  const length = tokens === undefined ? `more than ${longest}` : `${tokens}`;
  const message = `the path has ${length} tokens, the verifier takes ${longest}`;
  return { id, error: { reason: common.ErrorReason.SEQUENCE_TOO_LONG, message } };
}
