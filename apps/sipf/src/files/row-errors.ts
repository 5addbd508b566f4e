import { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import type { LongRow, Row } from './read-rows.ts';

/** What a service says of a row that it could not work on. */
interface ServiceError {
  readonly reason: common.ErrorReason;
  readonly message: string;
}

/** A row of the result that has an error instead of what was asked for; undefined for a row that no answer came for. */
export function errorRow(id: string, error: ServiceError | undefined): Record<string, unknown> {
  if (error === undefined) {
    return { id, error: { reason: 'UNKNOWN', message: 'the service gave no answer' } };
  }
  const reason = common.errorReasonToJSON(error.reason).replace(/^ERROR_REASON_/, '');
  return { id, error: { reason, message: error.message } };
}

/** Asks a service about some rows. */
type AskRows<T> = (rows: readonly Row<T>[]) => Promise<readonly Record<string, unknown>[]>;

/** Asks about rows in smaller parts where a service takes no such large call; a row that is too large alone has an error. */
export function inParts<T extends { readonly id?: string | undefined }>(ask: AskRows<T>): AskRows<T> {
  const askParts: AskRows<T> = async (rows) => {
    try {
      return await ask(rows);
    } catch (error) {
      const [row, ...others] = rows;
      if (!(error instanceof SipfError) || error.reason !== 'MESSAGE_TOO_LARGE' || row === undefined)
        throw error;
      if (others.length === 0) {
        const { reason, message } = error;
        const id = row.value.id ?? String(row.line);
        return [{ id, error: { reason, message: `the row on line ${row.line}: ${message}` } }];
      }
      const half = Math.ceil(rows.length / 2);
      return [...(await askParts(rows.slice(0, half))), ...(await askParts(rows.slice(half)))];
    }
  };
  return askParts;
}

/** What a row of the result has instead of what was asked for, where its row was too long to be read. */
export function longRowError({ message }: LongRow): { readonly error: object } {
  return { error: { reason: 'DATA_LINE_TOO_LONG', message } };
}

/** Counts the rows with errors of every batch, and says at the end how many there are. */
export class RowErrors {
  #count = 0;

  /** @returns the rows */
  counted<Row extends object>(rows: readonly Row[]): readonly Row[] {
    this.#count += rows.filter((row) => 'error' in row).length;
    return rows;
  }

  /** The row of the result for one that is too long to be read. */
  readonly ofLongRow = (row: LongRow): object => {
    const { fields, line } = row.known;
    this.#count++;
    return { id: typeof fields['id'] === 'string' ? fields['id'] : String(line), ...longRowError(row) };
  };

  /** @param what e.g. `scored`, and what rows have otherwise, e.g. `probabilities` */
  report(
    { screen }: Pick<Terminal, 'screen'>,
    what: { readonly done: string; readonly gives: string },
  ): ExitCode {
    if (this.#count === 0) return EXIT.ok;
    screen.write(
      `sipf: ${this.#count} rows could not be ${what.done}; each has an error instead of ${what.gives}\n`,
    );
    return EXIT.failed;
  }
}
