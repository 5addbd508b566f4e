import { buildReport } from '@sipf/reporting';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readComparison } from '../compare/comparison-folder.ts';
import { displayPath } from '../display-path.ts';
import { EXIT } from '../exit-codes.ts';
import { folder } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { readReportedRun } from '../report/read-reported-run.ts';
import { runsNamed } from '../report/subjects.ts';
import { writeReport } from '../report/write-report.ts';
import type { CommandDefinition } from './command.ts';

const schema = z.object({
  runs: folder,
  out: folder.optional(),
  artifacts: folder.optional(),
  comparison: z.array(folder).default([]),
});

/** `sipf report`: what runs came to, for people to read. */
export const reportCommand: CommandDefinition = {
  declare: (program) =>
    program
      .command('report')
      .description(
        'the tables and figures of runs, or of an experiment, as one HTML page (and Markdown, JSON, CSV)',
      )
      .argument('<id...>', 'runs, or an experiment')
      .option('--out <folder>', 'where the files go. Default: report/ in the folder of the first id')
      .option('--comparison <folder...>', 'what `sipf compare` made of their rationales, for figure 5')
      .option('--runs <folder>', 'folder of the runs', './runs')
      .option('--artifacts <folder>', "the runs' artifact store, where it is not in their folders"),
  action: async ({ args: ids, flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    const at = (path: string): string => resolve(terminal.cwd, path);
    const runs = at(flags.runs);
    const names = await runsNamed(runs, ids);
    const artifacts = flags.artifacts === undefined ? undefined : at(flags.artifacts);
    const comparisons = await Promise.all(
      flags.comparison.map((path) => readComparison(at(path), '--comparison')),
    );
    const reported = [];
    // One after the other: a run's artefacts may be large.
    for (const id of names) {
      terminal.signal.throwIfAborted();
      reported.push(await readReportedRun(runs, id, artifacts));
    }
    const report = buildReport({ name: ids.join(', '), runs: reported, comparisons });
    const out = flags.out === undefined ? join(runs, ids[0] ?? '', 'report') : at(flags.out);
    const page = await writeReport(out, report);
    terminal.stdout.write(`${displayPath(terminal.cwd, page)}\n`);
    return EXIT.ok;
  },
};
