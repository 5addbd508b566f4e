import { SipfError, toWireError, type WireError } from '@sipf/errors';
import {
  parseTrainingRow,
  preferenceExample,
  rewardExample,
  supervisedExample,
  type RowKind,
  type StepwiseSettings,
} from '@sipf/learning/rows';
import { onDay, type Tokenizer, type TokenizerTask } from '@sipf/models';

/** The kind of rows that a job reads, and how to read them. */
export interface RowsFormat {
  readonly kind: RowKind;
  /** For rows of kind `reward`. */
  readonly settings?: StepwiseSettings;
  /** The job's `chat_day`. */
  readonly day: string;
}

interface AskedRows extends RowsFormat {
  readonly values: readonly unknown[];
}

/** An example of the kind, or the fault of the row. */
export type ReadRow =
  | { readonly example: unknown; readonly fault?: never }
  | { readonly example?: never; readonly fault: WireError };

/** Rows as tokens. */
export const task: TokenizerTask<AskedRows, readonly ReadRow[]> = {
  module: import.meta.url,
  run: (tokenizer, { values, ...format }) => {
    const dated = format.day === '' ? tokenizer : onDay(tokenizer, format.day);
    return values.map((value) => readRow(dated, value, format));
  },
};

function readRow(tokenizer: Tokenizer, value: unknown, format: RowsFormat): ReadRow {
  try {
    return { example: exampleOf(tokenizer, value, format) };
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    return { fault: toWireError(error) };
  }
}

function exampleOf(tokenizer: Tokenizer, value: unknown, { kind, settings }: RowsFormat): unknown {
  const parsed = parseTrainingRow(kind, value);
  switch (parsed.kind) {
    case 'preference':
      return preferenceExample(tokenizer, parsed.row);
    case 'reward':
      return rewardExample(tokenizer, parsed.row, settings ?? DEFAULTS);
    case 'supervised':
      return supervisedExample(tokenizer, parsed.row);
  }
}

const DEFAULTS: StepwiseSettings = { promptTemplate: '', softLabels: false, outcomeOnly: false };
