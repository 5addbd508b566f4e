import { createRng } from '@sipf/random';
import { BOUNDS, generation } from '@sipf/contracts';
import { comparisonMarkdown, matchContests, tallyOf, type Contests } from '@sipf/evaluation';
import { createClient } from '@sipf/service';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { createEndpointJudge } from '../compare/chat-endpoint.ts';
import { openComparison, writeComparison } from '../compare/comparison-folder.ts';
import { namesOf, readCompetitor, sharedQuestions } from '../compare/competitor.ts';
import type { Judge } from '../compare/judge.ts';
import { judgeContests } from '../compare/judge-contests.ts';
import { createLocalJudge } from '../compare/local-judge.ts';
import { EXIT } from '../exit-codes.ts';
import { count, folder, inBound, seconds } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import type { CommandDefinition } from './command.ts';
import { checkModelFolder } from './model-folder.ts';
import { withService } from './with-service.ts';

const schema = z.object({
  a: z.string().min(1),
  b: z.string().min(1),
  out: folder,
  judge: folder.optional(),
  judgeUrl: z.url({ protocol: /^https?$/, error: 'must be a URL, e.g. https://host/v1' }).optional(),
  judgeModel: z.string().min(1).optional(),
  judgeKeyEnv: z.string().min(1),
  concurrency: count,
  attempts: count,
  timeout: seconds,
  maxNewTokens: inBound(BOUNDS.maxNewTokens),
  limit: count.optional(),
  seed: z.string(),
  runs: folder,
  artifacts: folder.optional(),
});
type Flags = z.infer<typeof schema>;

/** `sipf compare`: two methods' rationales, judged by a model. */
export const compareCommand: CommandDefinition = {
  declare: (program) =>
    program
      .command('compare')
      .description("two methods' rationales judged by a model on six dimensions, each pair in both orders")
      .requiredOption(
        '--a <run[:stage]>',
        'a run, for its last model; or one of its evaluations, e.g. demo:evaluate-1',
      )
      .requiredOption('--b <run[:stage]>', 'the other')
      .requiredOption('--out <folder>', 'a new folder, or that of a comparison which was interrupted')
      .option('--judge-url <url>', 'a server that speaks OpenAI chat completions, e.g. https://host/v1')
      .option('--judge-model <name>', 'the model that it is asked for')
      .option('--judge-key-env <name>', 'environment variable that holds its key', 'JUDGE_API_KEY')
      .option('--judge <folder>', 'a Hugging Face folder, instead of a server')
      .option('--concurrency <count>', 'conversations under way at once with a server', '4')
      .option('--attempts <count>', 'times that a busy or broken server is asked', '8')
      .option('--timeout <seconds>', 'longest wait for one answer', '120')
      .option('--max-new-tokens <count>', 'longest answer of a model folder', '256')
      .option('--limit <count>', 'only so many questions, drawn by --seed')
      .option('--seed <text>', 'draws the questions of --limit', '1')
      .option('--runs <folder>', 'folder of the runs', './runs')
      .option('--artifacts <folder>', "the runs' artifact store, where it is not in their folders"),
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    checkJudge(flags);
    const sides = await readSides(flags, terminal.cwd);
    await withJudge(flags, terminal, (judge, signal) => compare(sides, judge, { flags, terminal, signal }));
    return EXIT.ok;
  },
};

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
  const dir = await checkModelFolder(judge ?? '', terminal.cwd);
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
