import { buildReport, readReportedRun } from '@sipf/reporting';
import { folder } from '@sipf/service';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readComparison } from '../compare/comparison-folder.ts';
import { displayPath } from '../display-path.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { countTokens } from '../report/count-tokens.ts';
import { runsNamed } from '../report/subjects.ts';
import { writeReport } from '../report/write-report.ts';

const shape = {
  out: folder.optional().describe('where the files go. Default: report/ in the folder of the first id'),
  comparison: z
    .array(folder)
    .default([])
    .describe('what `sipf compare` made of their rationales, for figure 5'),
  runs: runsFlag,
  artifacts: folder.optional().describe("the runs' artifact store, where it is not in their folders"),
} as const;

/** `sipf report`: what runs came to, for people to read. */
export const reportCommand = defineCommand({
  name: 'report',
  description:
    'the tables and figures of runs, or of an experiment, as one HTML page (and Markdown, JSON, CSV)',
  arguments: { '<id...>': 'runs, or an experiment' },
  shape,
  action: async ({ args: ids, flags, terminal }) => {
    const at = (path: string): string => resolve(terminal.cwd, path);
    const runs = at(flags.runs);
    const names = await runsNamed(runs, ids);
    const artifacts = flags.artifacts === undefined ? undefined : at(flags.artifacts);
    const comparisons = await Promise.all(
      flags.comparison.map((path) => readComparison(at(path), '--comparison')),
    );
    const reported = [];
    // One after the other: a run's artifacts may be large.
    for (const id of names) {
      terminal.signal.throwIfAborted();
      reported.push(await readReportedRun(runs, id, { artifacts, countTokens }));
    }
    const report = buildReport({ name: ids.join(', '), runs: reported, comparisons });
    const out = flags.out === undefined ? join(runs, ids[0] ?? '', 'report') : at(flags.out);
    const page = await writeReport(out, report);
    terminal.stdout.write(`${displayPath(terminal.cwd, page)}\n`);
    return EXIT.ok;
  },
});
