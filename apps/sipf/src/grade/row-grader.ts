import type { MapBatch } from '../files/map-rows.ts';
import type { LongRow } from '../files/read-rows.ts';
import { longRowError } from '../files/row-errors.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import { GradeTally, type GradeFigures } from './grade-tally.ts';
import { idOf, type GradedRow } from './graded-row.ts';
import { ProblemsById } from './problems-by-id.ts';
import { resultRow, type GradeRows } from './verdicts.ts';

/** Grades rows in their order, and counts. */
export class RowGrader {
  readonly #tally = new GradeTally();
  readonly #problems = new ProblemsById();
  readonly #terminal: Terminal;
  #filter: string | undefined;
  #unread = 0;
  readonly #passedOver = new Map<string, number>();

  /** @param terminal whose screen shows progress */
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Rows to rows of the result. */
  by(gradeRows: GradeRows): MapBatch<GradedRow> {
    return async (batch) => {
      const rows = batch.filter(({ value }) => this.#isNew(value));
      for (const { value, line } of rows) this.#problems.check(value.id ?? line, value.by, line);
      const verdicts = await gradeRows(rows.map(({ value }) => value));
      const results = rows.map(({ value: { id, isList }, line }, index) => {
        const graded = verdicts[index] ?? [];
        this.#tally.add(id ?? line, graded);
        return resultRow(id ?? line, isList, graded);
      });
      this.#terminal.screen.write(`${this.#tally.progress()}\n`);
      return results;
    };
  }

  /** The row of the result for one that is too long to be read. */
  readonly ofLongRow = (row: LongRow): object => {
    const id = longId(row);
    this.#unread++;
    this.#tally.addUnread(id);
    return { id, ...longRowError(row) };
  };

  /** What all rows came to; says what was passed over. @throws SipfError `invalid-argument` where there were no rows */
  finish(data: string): GradeFigures {
    const figures = this.#tally.figures();
    if (figures.rows === 0) throw usageError(`--data: ${data} has no rows to grade`);
    for (const [filter, rows] of this.#passedOver) {
      this.#terminal.screen.write(
        `${rows} rows of lm-eval's filter ${filter} have the completions of ${this.#filter} again; they are passed over\n`,
      );
    }
    this.#noteUnknown(figures.unknown - this.#unread);
    return figures;
  }

  #noteUnknown(broken: number): void {
    const { screen } = this.#terminal;
    if (broken > 0) screen.write(`sipf: the sandbox broke for ${broken} completions; they do not count\n`);
    if (this.#unread > 0)
      screen.write(
        `sipf: ${this.#unread} rows could not be graded; each has an error instead of verdicts, and does not count\n`,
      );
  }

  /** lm-eval writes the same completion again for every filter; the first filter's rows stand for all. */
  #isNew({ filter }: GradedRow): boolean {
    if (filter === undefined) return true;
    this.#filter ??= filter;
    if (filter === this.#filter) return true;
    this.#passedOver.set(filter, (this.#passedOver.get(filter) ?? 0) + 1);
    return false;
  }
}

function longId({ known: { fields, line } }: LongRow): string | number {
  try {
    return idOf(fields) ?? line;
  } catch {
    return line;
  }
}
