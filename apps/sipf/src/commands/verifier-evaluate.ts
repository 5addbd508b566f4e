import { BOUNDS } from '@sipf/contracts';
import { rewardAggregations, type RewardAggregation } from '@sipf/method';
import { VERIFIER_FORMATS } from '@sipf/models';
import { createRng } from '@sipf/random';
import { equalNumbers } from '@sipf/tasks';
import { evaluateVerifier, figuresOf, markdownReport, type LabelledPath } from '@sipf/evaluation';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { readLabelledPaths } from '../files/labelled-paths.ts';
import { requireNewFolder } from '../files/result-folder.ts';
import { count, file, folder, inBound, seconds, share } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { addServerOptions, remoteServer, serverShape } from '../options/server-options.ts';
import type { Terminal } from '../terminal.ts';
import type { CommandDefinition } from './command.ts';
import { modelService } from './model-service.ts';
import { scorePaths, type Scoring } from './verifier-scores.ts';
import { collectFiles, verifierGroup } from './verifier-group.ts';
import { withService } from './with-service.ts';

const schema = z.object({
  ...serverShape,
  model: z.string().optional(),
  outcomeModel: z.string().optional(),
  outcome: z.boolean().default(false),
  format: z.enum(VERIFIER_FORMATS).optional(),
  data: z.array(file).min(1),
  limit: count.optional(),
  threshold: share,
  calibrate: share,
  aggregation: z.enum(rewardAggregations as [RewardAggregation, ...RewardAggregation[]]),
  seed: z.string(),
  out: folder.optional(),
  batch: inBound(BOUNDS.itemsPerCall),
  timeout: seconds,
  json: z.boolean().default(false),
});
type Flags = z.infer<typeof schema>;

/** `sipf verifier evaluate`: a verifier against labelled steps. */
export const verifierEvaluateCommand: CommandDefinition = {
  declare: (program) => {
    const command = verifierGroup(program)
      .command('evaluate')
      .description('step accuracy, ROC-AUC, F1, first wrong step, calibration and best-of-n of a verifier')
      .option('--model <folder>', 'Hugging Face folder of the verifier')
      .option('--outcome-model <folder>', 'also an outcome verifier (ORM), for its columns beside')
      .option('--outcome', "with --server: also ask that service's outcome verifier")
      .option('--format <name>', `how it reads a path: ${VERIFIER_FORMATS.join(', ')}`)
      .requiredOption(
        '--data <file>',
        'stepwise, ProcessBench, Math-Shepherd or PRM800K; may be given several times',
        collectFiles,
      )
      .option('--limit <count>', 'only so many paths, from the start')
      .option('--threshold <share>', 'a step is called right from this probability on', '0.5')
      .option('--calibrate <share>', 'share of the paths to fit a temperature on, and to leave out else', '0')
      .option(
        '--aggregation <name>',
        `a path's reward, for best-of-n: ${rewardAggregations.join(', ')}`,
        'min',
      )
      .option('--seed <text>', 'draws the paths to calibrate on, and the subsets of votes', '1')
      .option('--out <folder>', 'also write report.json, report.md and the figures (SVG) to a new folder')
      .option('--batch <count>', 'paths in one call', '64')
      .option('--timeout <seconds>', 'longest call', '1800')
      .option('--json', 'the report as JSON instead of Markdown');
    return addServerOptions(command, 'verification');
  },
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    const out = flags.out === undefined ? undefined : resolve(terminal.cwd, flags.out);
    if (out !== undefined) await requireNewFolder(out);
    const paths = (await readLabelledPaths(flags.data, terminal)).slice(0, flags.limit);
    const { scored, faults } = await scoreAll(paths, flags, terminal);
    for (const fault of faults) terminal.screen.write(`sipf: ${fault}\n`);
    const report = evaluateVerifier(scored, {
      threshold: flags.threshold,
      calibrationShare: flags.calibrate,
      aggregation: flags.aggregation,
      isSameAnswer: (a, b) => a === b || equalNumbers(a, b),
      rng: createRng(flags.seed),
    });
    const json = `${JSON.stringify({ ...report, unscored: faults.length }, null, 2)}\n`;
    const markdown = markdownReport(report);
    if (out !== undefined) {
      const texts = [['report.json', json], ['report.md', markdown], ...figuresOf(report)] as const;
      await writeAll(out, new Map(texts));
    }
    terminal.stdout.write(flags.json ? json : markdown);
    return faults.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

async function writeAll(dir: string, texts: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, text] of texts) await writeFile(join(dir, name), text);
}

async function scoreAll(paths: readonly LabelledPath[], flags: Flags, terminal: Terminal): Promise<Scoring> {
  const server = remoteServer(flags);
  const service = await modelService('verification', { ...flags, server }, terminal.cwd);
  const own = server === undefined ? localFlags(flags, terminal.cwd) : [];
  const isOutcomeAsked = flags.outcome || flags.outcomeModel !== undefined;
  return await withService(
    { ...service, flags: [...service.flags, ...own] },
    terminal,
    ({ address, security, signal }) =>
      scorePaths(paths, {
        address,
        ...security,
        signal,
        isOutcomeAsked,
        batch: flags.batch,
        deadlineMs: flags.timeout * 1000,
      }),
  );
}

/** Flags of the service that the command starts itself. */
function localFlags({ format, outcomeModel }: Flags, cwd: string): string[] {
  return [
    ...(format === undefined ? [] : ['--format', format]),
    ...(outcomeModel === undefined ? [] : ['--outcome-model', resolve(cwd, outcomeModel)]),
  ];
}
