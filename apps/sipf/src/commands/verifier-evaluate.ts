import { bounded, BOUNDS } from '@sipf/contracts';
import { evaluateVerifier, figuresOf, markdownReport, type LabelledPath } from '@sipf/evaluation';
import { rewardAggregations, type RewardAggregation } from '@sipf/method';
import { VERIFIER_FORMATS } from '@sipf/models';
import { createRng } from '@sipf/random';
import { count, file, folder, seconds, text } from '@sipf/service';
import { equalNumbers } from '@sipf/tasks';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { readLabelledPaths } from '../files/labelled-paths.ts';
import { requireNewFolder } from '../files/result-folder.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import type { Terminal } from '../terminal.ts';
import { modelService } from './model-service.ts';
import { scorePaths, type Scoring } from './verifier-scores.ts';
import { withService } from './with-service.ts';

const shape = {
  model: text('folder').optional().describe('Hugging Face folder of the verifier'),
  outcomeModel: text('folder').optional().describe('also an outcome verifier (ORM), for its columns beside'),
  outcome: z.boolean().default(false).describe("with --server: also ask that service's outcome verifier"),
  format: z.enum(VERIFIER_FORMATS).optional().describe('how it reads a path'),
  data: z
    .array(file)
    .min(1)
    .describe('stepwise, ProcessBench, Math-Shepherd or PRM800K; may be given several times'),
  limit: count.optional().describe('only so many paths, from the start'),
  threshold: bounded(BOUNDS.share).default(0.5).describe('a step is called right from this probability on'),
  calibrate: bounded(BOUNDS.share)
    .default(0)
    .describe('share of the paths to fit a temperature on, and to leave out else'),
  aggregation: z
    .enum(rewardAggregations as [RewardAggregation, ...RewardAggregation[]])
    .default('min')
    .describe("a path's reward, for best-of-n"),
  seed: z.string().default('1').describe('draws the paths to calibrate on, and the subsets of votes'),
  out: folder.optional().describe('also write report.json, report.md and the figures (SVG) to a new folder'),
  batch: bounded(BOUNDS.itemsPerCall).default(64).describe('paths in one call'),
  timeout: seconds.default(1800).describe('longest call'),
  json: z.boolean().default(false).describe('the report as JSON instead of Markdown'),
  ...serverShape('verification'),
} as const;
type Flags = FlagsOf<typeof shape>;

/** `sipf verifier evaluate`: a verifier against labelled steps. */
export const verifierEvaluateCommand = defineCommand({
  name: 'verifier evaluate',
  description: 'step accuracy, ROC-AUC, F1, first wrong step, calibration and best-of-n of a verifier',
  shape,
  action: async ({ flags, terminal }) => {
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
});

async function writeAll(dir: string, texts: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, text] of texts) await writeFile(join(dir, name), text);
}

async function scoreAll(paths: readonly LabelledPath[], flags: Flags, terminal: Terminal): Promise<Scoring> {
  const server = remoteServer(flags);
  const service = await modelService('verification', { ...flags, server }, terminal);
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
