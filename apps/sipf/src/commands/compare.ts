import { generation } from '@sipf/contracts';
import { comparisonMarkdown, matchContests, tallyOf, type Contests } from '@sipf/evaluation';
import { createRng } from '@sipf/random';
import { count, createClient, folder, seconds, text } from '@sipf/service';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { createEndpointJudge } from '../compare/chat-endpoint.ts';
import { openComparison, writeComparison } from '../compare/comparison-folder.ts';
import { namesOf, readCompetitor, sharedQuestions } from '../compare/competitor.ts';
import { judgeContests } from '../compare/judge-contests.ts';
import type { Judge } from '../compare/judge.ts';
import { createLocalJudge } from '../compare/local-judge.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { samplingFlags } from '../options/sampling-options.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import { checkModelFolder } from './model-folder.ts';
import { withService } from './with-service.ts';

const shape = {
  a: text('run[:stage]').describe(
    'a run, for its last model; or one of its evaluations, e.g. demo:evaluate-1',
  ),
  b: text('run[:stage]').describe('the other'),
  out: folder.describe('a new folder, or that of a comparison which was interrupted'),
  judgeUrl: z
    .url({ protocol: /^https?$/, error: 'must be a URL, e.g. https://host/v1' })
    .meta({ value: 'url' })
    .optional()
    .describe('a server that speaks OpenAI chat completions, e.g. https://host/v1'),
  judgeModel: text('name').optional().describe('the model that it is asked for'),
  judgeKeyEnv: text('name').default('JUDGE_API_KEY').describe('environment variable that holds its key'),
  judge: folder.optional().describe('a Hugging Face folder, instead of a server'),
  concurrency: count.default(4).describe('conversations under way at once with a server'),
  attempts: count.default(8).describe('times that a busy or broken server is asked'),
  timeout: seconds.default(120).describe('longest wait for one answer'),
  maxNewTokens: samplingFlags.maxNewTokens.describe('longest answer of a model folder'),
  limit: count.optional().describe('only so many questions, drawn by --seed'),
  seed: z.string().default('1').describe('draws the questions of --limit'),
  runs: runsFlag,
  artifacts: folder.optional().describe("the runs' artifact store, where it is not in their folders"),
} as const;
type Flags = FlagsOf<typeof shape>;

/** `sipf compare`: two methods' rationales, judged by a model. */
export const compareCommand = defineCommand({
  name: 'compare',
  description: "two methods' rationales judged by a model on six dimensions, each pair in both orders",
  shape,
  action: async ({ flags, terminal }) => {
    checkJudge(flags);
    const sides = await readSides(flags, terminal.cwd);
    await withJudge(flags, terminal, (judge, signal) => compare(sides, judge, { flags, terminal, signal }));
    return EXIT.ok;
  },
});

/** What is compared, read before a judge is started. */
interface Sides {
  readonly names: readonly [string, string];
  readonly contests: Contests;
}

async function readSides(flags: Flags, cwd: string): Promise<Sides> {
  const runs = resolve(cwd, flags.runs);
  const artifacts = flags.artifacts === undefined ? undefined : resolve(cwd, flags.artifacts);
  const a = await readCompetitor(runs, flags.a, { flag: '--a', artifacts });
  const b = await readCompetitor(runs, flags.b, { flag: '--b', artifacts });
  const matched = matchContests(sharedQuestions(a, b), a.evaluation.answers, b.evaluation.answers);
  return { names: namesOf(a, b), contests: limited(matched, flags) };
}

async function compare(
  { names: [a, b], contests }: Sides,
  judge: Judge,
  {
    flags,
    terminal,
    signal,
  }: { readonly flags: Flags; readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const out = resolve(terminal.cwd, flags.out);
  const settings = { a: flags.a, b: flags.b, judge: judge.name, ...drawOf(flags) };
  const journal = await openComparison(out, settings);
  try {
    const progress = progressOn(terminal);
    const judged = await judgeContests(contests.asked, judge, { journal, signal, progress });
    const { asked, ...leftOut } = contests;
    const comparison = { a, b, judge: judge.name, leftOut, tally: tallyOf(judged) };
    await writeComparison(out, comparison, asked);
    terminal.stdout.write(comparisonMarkdown(comparison));
  } finally {
    await journal.close();
  }
}

function checkJudge({ judge, judgeUrl, judgeModel }: Flags): void {
  if ((judge === undefined) === (judgeUrl === undefined)) {
    throw usageError('exactly one of --judge-url and --judge is required');
  }
  if (judgeUrl !== undefined && judgeModel === undefined) throw usageError('--judge-url needs --judge-model');
}

/** The judge of the flags, for as long as the work takes. */
async function withJudge<T>(
  flags: Flags,
  terminal: Terminal,
  work: (judge: Judge, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { judge, judgeUrl, judgeModel = '', concurrency, attempts } = flags;
  const timeoutMs = 1000 * flags.timeout;
  if (judgeUrl !== undefined) {
    const endpoint = createEndpointJudge({
      ...{ url: new URL(judgeUrl), model: judgeModel, concurrency, attempts, timeoutMs },
      key: () => terminal.env[flags.judgeKeyEnv],
      rng: createRng(flags.seed).split('retries'),
      now: terminal.now,
    });
    return await work(endpoint, terminal.signal);
  }
  const dir = await checkModelFolder(judge ?? '', terminal);
  const service = { name: 'generation', flags: ['--model', dir], server: undefined } as const;
  return await withService(service, terminal, async ({ address, security, signal }) => {
    const options = { ...security, signal, idempotent: true };
    using client = createClient(generation.GenerationServiceDefinition, address, options);
    const { maxNewTokens } = flags;
    return await work(
      createLocalJudge(client, { folder: dir, name: basename(dir), maxNewTokens, timeoutMs }),
      signal,
    );
  });
}

function limited(contests: Contests, { limit, seed }: Flags): Contests {
  if (limit === undefined || contests.asked.length <= limit) return contests;
  const drawn = new Set(createRng(seed).split('questions').shuffle(contests.asked).slice(0, limit));
  return { ...contests, asked: contests.asked.filter((contest) => drawn.has(contest)) };
}

function drawOf({ limit, seed }: Flags): Record<string, string | number> {
  return limit === undefined ? {} : { limit, seed };
}

/** A line for every tenth of the way. */
function progressOn({ screen }: Terminal): (done: number, total: number) => void {
  return (done, total) => {
    const tenths = (count: number): number => Math.floor((10 * count) / total);
    if (tenths(done) > tenths(done - 1)) screen.write(`judged ${done} of ${total}\n`);
  };
}
