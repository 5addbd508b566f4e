import { connectExecution } from '@sipf/judging';
import { taskNamed, tasks, type Task } from '@sipf/tasks';
import { z } from 'zod';
import { openVerdictJournal } from '../execute/verdict-journal.ts';
import { EXIT } from '../exit-codes.ts';
import { mapRows } from '../files/map-rows.ts';
import { describeShare, type ShareRight } from '../grade/accuracies.ts';
import { gradeAnswers } from '../grade/grade-answers.ts';
import { gradePrograms } from '../grade/grade-programs.ts';
import type { GradeFigures } from '../grade/grade-tally.ts';
import { gradedRow } from '../grade/graded-row.ts';
import { RowGrader } from '../grade/row-grader.ts';
import type { GradeRows } from '../grade/verdicts.ts';
import { count, file, seconds } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { addServerOptions, remoteServer, serverShape } from '../options/server-options.ts';
import type { Terminal } from '../terminal.ts';
import type { CommandDefinition } from './command.ts';
import { withService } from './with-service.ts';

const schema = z.object({
  ...serverShape,
  task: z.string(),
  data: file,
  out: file,
  concurrency: count,
  wallMs: count,
  memoryMib: count,
  timeout: seconds,
  json: z.boolean().default(false),
});
type Flags = z.infer<typeof schema>;

/** Rows worked on at once. */
const BATCH = 512;

/** `sipf grade`: verdicts and accuracies of completions that were written elsewhere. */
export const gradeCommand: CommandDefinition = {
  declare: (program) => {
    const command = program
      .command('grade')
      .description(
        'grade completions written elsewhere: problems with completion or completions in, {id, read, strict, flexible} out',
      )
      .requiredOption('--task <name>', `one of ${[...tasks.keys()].join(', ')}`)
      .requiredOption(
        '--data <file>',
        "problems in the task's format with their completions, or lm-eval's samples, as JSONL, perhaps .gz; - for standard input",
      )
      .requiredOption('--out <file>', 'a verdict a row, in order; - for standard output')
      .option('--concurrency <count>', 'code: programs at the service at once', '16')
      .option('--wall-ms <count>', 'code: longest run of a program', '3000')
      .option('--memory-mib <count>', 'code: most memory of a program', '128')
      .option('--timeout <seconds>', 'code: longest wait for a verdict', '600')
      .option('--json', 'the figures as one JSON object');
    return addServerOptions(command, 'execution');
  },
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    const figures = await grade(taskNamed(flags.task), flags, terminal);
    const report = flags.json ? `${JSON.stringify({ task: flags.task, ...figures })}\n` : describe(figures);
    // Where the verdicts go to standard output, the figures must not stand among them.
    if (flags.out === '-') terminal.screen.write(report);
    else terminal.stdout.write(report);
    return figures.unknown === 0 ? EXIT.ok : EXIT.failed;
  },
};

async function grade(task: Task, flags: Flags, terminal: Terminal): Promise<GradeFigures> {
  const files = { input: flags.data, output: flags.out, schema: gradedRow(task), batch: BATCH };
  const rows = new RowGrader(terminal);
  await mapRows(files, terminal, (work) =>
    task.domain === 'math'
      ? work(rows.by(gradeAnswers(task)))
      : withPrograms(flags, terminal, (run) => work(rows.by(run))),
  );
  return rows.finish(flags.data);
}

/** Runs programs at an execution service; verdicts are kept beside the result until it is complete, as `sipf execute` keeps them. */
async function withPrograms(
  flags: Flags,
  terminal: Terminal,
  use: (run: GradeRows) => Promise<void>,
): Promise<void> {
  const { wallMs, memoryMib, concurrency, timeout, out } = flags;
  const limits = [
    ['--wall-time-ms', wallMs],
    ['--cpu-time-ms', wallMs],
    ['--memory-limit-mib', memoryMib],
  ] as const;
  const service = {
    name: 'execution',
    flags: limits.flatMap(([flag, value]) => [flag, String(value)]),
    server: remoteServer(flags),
  } as const;
  const journal = out === '-' ? undefined : await openVerdictJournal(`${out}.verdicts.jsonl`);
  try {
    await withService(service, terminal, async ({ address, security, signal }) => {
      using executor = connectExecution(address, { ...security, clientId: 'sipf grade', concurrency });
      const bounds = { signal, timeoutMs: timeout * 1000 };
      await use(gradePrograms({ executor, journal, bounds, limits: { wallTimeMs: wallMs, memoryMib } }));
    });
    await journal?.remove();
  } catch (error) {
    await journal?.close();
    throw error;
  }
}

function describe({ strict, flexible }: GradeFigures): string {
  const line = (name: string, share: ShareRight | undefined): string =>
    `${name} ${share === undefined ? 'nothing could be judged' : describeShare(share)}\n`;
  return `${line('strict  ', strict)}${line('flexible', flexible)}`;
}
