import { percent } from '@sipf/figures';
import { file } from '@sipf/service';
import { z } from 'zod';
import { executeSamples, unreadSample, type ExecutedSample } from '../execute/execute-samples.ts';
import { readBenchmark, sampleRow } from '../execute/read-benchmark.ts';
import { Tally, type ExecutionFigures } from '../execute/tally.ts';
import { programShape, withPrograms, withVerdictJournal } from '../execute/with-programs.ts';
import { EXIT } from '../exit-codes.ts';
import { mapRows } from '../files/map-rows.ts';
import type { LongRow } from '../files/read-rows.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import type { Terminal } from '../terminal.ts';

const shape = {
  problems: file.describe('HumanEval, MBPP or {id, tests} as JSONL, perhaps .gz'),
  samples: file.describe('JSONL, perhaps .gz; - for standard input'),
  out: file.describe('every sample with passed and result beside it, in order; - for standard output'),
  k: z
    .string()
    .regex(/^\d+(,\d+)*$/, 'must be numbers with commas between them')
    .meta({ value: 'numbers' })
    .default('1,10,100')
    .transform((text) =>
      text
        .split(',')
        .map(Number)
        .filter((k) => k > 0),
    )
    .describe('estimate Pass@k for these k'),
  modelText: z
    .boolean()
    .default(false)
    .describe('completions are what a model wrote: take the program out of fences and prose'),
  json: z.boolean().default(false).describe('the figures as one JSON object'),
  ...programShape(),
} as const;
type Flags = FlagsOf<typeof shape>;

/** Rows worked on at once: enough to keep every sandbox busy while the slowest program ends. */
const BATCH = 512;

/** `sipf execute`: runs samples of HumanEval's or MBPP's format against their problems' tests. */
export const executeCommand = defineCommand({
  name: 'execute',
  description:
    'run model-written programs against tests: {task_id, completion} in, with passed and result out',
  shape,
  action: async ({ flags, terminal }) => {
    const figures = await execute(flags, terminal);
    const report = flags.json ? `${JSON.stringify(toRow(figures))}\n` : describe(figures);
    // Where the samples go to standard output, the figures must not stand among them.
    if (flags.out === '-') terminal.screen.write(report);
    else terminal.stdout.write(report);
    return figures.unknown === 0 && figures.foreign === 0 ? EXIT.ok : EXIT.failed;
  },
});

async function execute(flags: Flags, terminal: Terminal): Promise<ExecutionFigures> {
  const problems = await readBenchmark(flags.problems, terminal);
  const tally = new Tally();
  const count = (row: ExecutedSample): ExecutedSample => {
    tally.add(problems.has(String(row.task_id)) ? String(row.task_id) : undefined, row);
    return row;
  };
  const ofLongRow = (row: LongRow): ExecutedSample => count(unreadSample(row));
  const files = { input: flags.samples, output: flags.out, schema: sampleRow, batch: BATCH, ofLongRow };
  await withVerdictJournal(flags.out, terminal, (journal) =>
    mapRows(files, terminal, (work) =>
      withPrograms(flags, { clientId: 'sipf execute', terminal }, async (programs) => {
        const run = executeSamples({ ...programs, problems, journal, isModelText: flags.modelText });
        await work(async (rows) => {
          const judged = await run(rows.map(({ value }) => value));
          for (const row of judged) count(row);
          noteProgress(tally, terminal);
          return judged;
        });
      }),
    ),
  );
  const figures = tally.figures(flags.k);
  noteGaps(figures, problems.size, terminal);
  return figures;
}

function noteProgress(tally: Tally, { screen }: Terminal): void {
  const { samples, passed } = tally.figures([]);
  screen.write(`${samples} samples run, ${passed} passed\n`);
}

function noteGaps({ problems, unknown, foreign }: ExecutionFigures, all: number, { screen }: Terminal): void {
  if (problems < all)
    screen.write(`${all - problems} of ${all} problems have no samples; they do not count\n`);
  if (foreign > 0)
    screen.write(`sipf: ${foreign} samples are of no problem of --problems; they do not count\n`);
  if (unknown > 0) screen.write(`sipf: the sandbox broke for ${unknown} samples; they do not count\n`);
}

function toRow({ passAtK, ...counts }: ExecutionFigures): Record<string, unknown> {
  return { ...counts, pass_at_k: passAtK };
}

function describe({ problems, samples, passed, passAtK }: ExecutionFigures): string {
  const estimates = Object.entries(passAtK).map(([k, value]) => `Pass@${k} ${percent(value)}\n`);
  return `${passed} of ${samples} samples of ${problems} problems passed\n${estimates.join('')}`;
}
