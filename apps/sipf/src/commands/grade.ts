import { file, text } from '@sipf/service';
import { taskNamed, tasks, type Task } from '@sipf/tasks';
import { z } from 'zod';
import { programShape, withPrograms, withVerdictJournal } from '../execute/with-programs.ts';
import { EXIT } from '../exit-codes.ts';
import { mapRows } from '../files/map-rows.ts';
import { describeShare, type ShareRight } from '../grade/accuracies.ts';
import { gradeAnswers } from '../grade/grade-answers.ts';
import { gradePrograms } from '../grade/grade-programs.ts';
import type { GradeFigures } from '../grade/grade-tally.ts';
import { gradedRow } from '../grade/graded-row.ts';
import { RowGrader } from '../grade/row-grader.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import type { Terminal } from '../terminal.ts';

const shape = {
  task: text('name').describe(`one of ${[...tasks.keys()].join(', ')}`),
  data: file.describe(
    "problems in the task's format with their completions, or lm-eval's samples, as JSONL, perhaps .gz; - for standard input",
  ),
  out: file.describe('a verdict a row, in order; - for standard output'),
  json: z.boolean().default(false).describe('the figures as one JSON object'),
  ...programShape('code: '),
} as const;
type Flags = FlagsOf<typeof shape>;

/** Rows worked on at once. */
const BATCH = 512;

/** `sipf grade`: verdicts and accuracies of completions that were written elsewhere. */
export const gradeCommand = defineCommand({
  name: 'grade',
  description:
    'grade completions written elsewhere: problems with completion or completions in, {id, read, strict, flexible} out',
  shape,
  action: async ({ flags, terminal }) => {
    const figures = await grade(taskNamed(flags.task), flags, terminal);
    const report = flags.json ? `${JSON.stringify({ task: flags.task, ...figures })}\n` : describe(figures);
    // Where the verdicts go to standard output, the figures must not stand among them.
    if (flags.out === '-') terminal.screen.write(report);
    else terminal.stdout.write(report);
    return figures.unknown === 0 ? EXIT.ok : EXIT.failed;
  },
});

async function grade(task: Task, flags: Flags, terminal: Terminal): Promise<GradeFigures> {
  const rows = new RowGrader(terminal);
  const { ofLongRow } = rows;
  const files = { input: flags.data, output: flags.out, schema: gradedRow(task), batch: BATCH, ofLongRow };
  if (task.domain === 'math') await mapRows(files, terminal, (work) => work(rows.by(gradeAnswers(task))));
  else
    await withVerdictJournal(flags.out, terminal, (journal) =>
      mapRows(files, terminal, (work) =>
        withPrograms(flags, { clientId: 'sipf grade', terminal }, (run) =>
          work(rows.by(gradePrograms({ ...run, journal }))),
        ),
      ),
    );
  return rows.finish(flags.data);
}

function describe({ strict, flexible }: GradeFigures): string {
  const line = (name: string, share: ShareRight | undefined): string =>
    `${name} ${share === undefined ? 'nothing could be judged' : describeShare(share)}\n`;
  return `${line('strict  ', strict)}${line('flexible', flexible)}`;
}
