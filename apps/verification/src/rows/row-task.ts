import { errorReason, MAX_STEPS, verification, violationsOfScoreRow } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { StepScoreRequest } from '@sipf/inference';
import {
  createVerifierReader,
  type DecoderConfig,
  type EncodedSteps,
  type Tokenizer,
  type TokenizerTask,
  type VerifierFormat,
  type VerifierReader,
} from '@sipf/models';
import { isSurelyLonger } from '@sipf/serving/texts';
import { splitSteps } from './split-steps.ts';
import { truncateLeft } from './truncate-left.ts';

/** A row ready to be scored. */
interface ReadyRow {
  readonly request: StepScoreRequest;
  /** The steps cut from a text; none where the row itself has steps. */
  readonly steps: readonly string[];
  readonly truncation: verification.Truncation | undefined;
}

/** A row ready to be scored, or why it cannot be scored. */
export type EncodedRow =
  | { readonly id: string; readonly row: ReadyRow; readonly error?: never }
  | { readonly id: string; readonly row?: never; readonly error: verification.RowError };

/** How a request wants its rows read. */
export type RowRules = Pick<verification.ScoreRequest, 'splitting' | 'longPath'>;

/** Rows, and how to read them. */
interface AskedRows {
  readonly rows: readonly verification.ScoreRow[];
  readonly rules: RowRules;
  readonly format: VerifierFormat;
  /** As createVerifierReader takes it. */
  readonly config: DecoderConfig;
}

/** Paths to truncate are read up to this many times the verifier's length: longer ones would hold up other calls. */
const TRUNCATABLE = 4;

/** Rows as the verifier reads them; a fault of one row is that row's error. */
export const task: TokenizerTask<AskedRows, readonly EncodedRow[]> = {
  module: import.meta.url,
  run: (tokenizer, { rows, rules, format, config }) => {
    const reader = createVerifierReader(format, { config, tokenizer });
    return rows.map((row) => encodeRow(row, rules, { tokenizer, reader, config }));
  },
};

interface RowReader {
  readonly tokenizer: Tokenizer;
  readonly reader: VerifierReader;
  readonly config: DecoderConfig;
}

function encodeRow(row: verification.ScoreRow, rules: RowRules, reader: RowReader): EncodedRow {
  const { id } = row;
  try {
    checkRow(row);
    const cut = row.text === '' ? [] : cutText(row.text, rules.splitting);
    return {
      id,
      row: { ...readPath(cut.length > 0 ? { ...row, steps: cut } : row, rules, reader), steps: cut },
    };
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    return { id, error: { reason: errorReason(error.reason), message: error.message } };
  }
}

function checkRow(row: verification.ScoreRow): void {
  const [first] = violationsOfScoreRow(row);
  if (first !== undefined) throw invalid(first.field, first.description);
}

function cutText(text: string, splitting: verification.StepSplitting | undefined): string[] {
  const steps = splitSteps(text, splitting);
  if (steps.length > 0 && steps.length <= MAX_STEPS) return steps;
  throw invalid('text', `must hold 1 to ${MAX_STEPS} steps, holds ${steps.length}`);
}

function readPath(
  { question, steps }: verification.ScoreRow,
  { longPath }: RowRules,
  { tokenizer, reader, config: { maxPositionEmbeddings: longest } }: RowReader,
): Omit<ReadyRow, 'steps'> {
  const truncates = longPath === verification.LongPath.TRUNCATE_LEFT;
  const readable = truncates ? TRUNCATABLE * longest : longest;
  if (isSurelyLonger(tokenizer, [question, ...steps].join('\n'), readable)) throw tooLong(longest);
  const path = reader.encode({ question, steps });
  if (path.ids.length <= longest) return { request: requestOf(path), truncation: undefined };
  if (!truncates || path.ids.length > readable) throw tooLong(longest, path.ids.length);
  const left = truncateLeft(path, { longest, bosTokenId: tokenizer.bosTokenId });
  if (left.path.stepEnds.length === 0) throw tooLong(longest, path.ids.length);
  return { request: requestOf(left.path), truncation: { tokens: left.tokens, steps: left.steps } };
}

function requestOf({ ids, promptLength, stepEnds }: EncodedSteps): StepScoreRequest {
  return { ids, promptLength, stepEndPositions: stepEnds };
}

function invalid(field: string, description: string): SipfError {
  const violations = [{ field, description }];
  return new SipfError('invalid-argument', `${field} ${description}`, {
    reason: 'INVALID_FIELD',
    violations,
  });
}

function tooLong(longest: number, tokens?: number): SipfError {
  const length = tokens === undefined ? `more than ${longest}` : `${tokens}`;
  const message = `the path has ${length} tokens, the verifier takes ${longest}`;
  return new SipfError('invalid-argument', message, { reason: 'SEQUENCE_TOO_LONG' });
}
