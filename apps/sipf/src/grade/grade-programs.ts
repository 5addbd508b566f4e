import { executeSamples, type SampleRun } from '../execute/execute-samples.ts';
import type { Sample } from '../execute/read-benchmark.ts';
import type { GradedRow } from './graded-row.ts';
import type { GradeRows, Verdict } from './verdicts.ts';

/** How programs are run: as `sipf execute` runs them. */
export type ProgramRun = Omit<SampleRun, 'problems' | 'isModelText'>;

/** A completion to be run, by the index of its problem among the rows. */
interface Completion extends Sample {
  readonly completion: string;
  readonly row: number;
  readonly nth: number;
}

/**
 * Grades programs as `sipf execute` does: strictly the completion as it is, flexibly the program in a model's text.
 * A completion that is missing runs nowhere and is wrong.
 */
export function gradePrograms(run: ProgramRun): GradeRows {
  return async (rows) => {
    const problems = new Map(
      rows.flatMap(({ by }, row) => ('program' in by ? [[String(row), by.program] as const] : [])),
    );
    const completions = rows.flatMap(({ texts }, row) =>
      texts.flatMap((completion, nth): Completion[] =>
        completion === null ? [] : [{ task_id: String(row), completion, row, nth }],
      ),
    );
    const asCode = await executeSamples({ ...run, problems, isModelText: false })(completions);
    const asText = await executeSamples({ ...run, problems, isModelText: true })(completions);
    const verdicts = rows.map(({ texts }) => texts.map((): Verdict => missing));
    completions.forEach(({ row, nth, completion }, index) => {
      const [code, text] = [asCode[index], asText[index]];
      const verdict: Verdict = {
        read: programIn(rows[row], completion),
        strict: code?.passed ?? null,
        flexible: text?.passed ?? null,
        result: text?.result ?? '',
      };
      verdicts[row]?.splice(nth, 1, verdict);
    });
    return verdicts;
  };
}

const missing: Verdict = {
  read: null,
  strict: false,
  flexible: false,
  result: 'failed: there is no completion',
};

function programIn(row: GradedRow | undefined, completion: string): string | null {
  if (row === undefined || !('program' in row.by)) return null;
  return row.by.program.program(completion, { isModelText: true }).code;
}
