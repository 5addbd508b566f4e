import { bounded, BOUNDS, common, generation, leftNoRoom } from '@sipf/contracts';
import { accuracyOf, type Outcome } from '@sipf/method';
import { connectExecution, createJudge, type Executor } from '@sipf/outcomes';
import { count, createClient, file, seconds, text, type ServiceClient } from '@sipf/service';
import {
  mbppSplit,
  mbppSplits,
  parseExemplars,
  taskNamed,
  tasks,
  type MbppSplit,
  type Problem,
  type PromptStyle,
  type Task,
} from '@sipf/tasks';
import { basename } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files/read-text.ts';
import { openRowWriter } from '../files/write-rows.ts';
import { describeShare, shareRight, type ShareRight } from '../grade/accuracies.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { samplingFlags } from '../options/sampling-options.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const shape = {
  model: text('folder').optional().describe('Hugging Face folder of the model'),
  task: text('name').describe(`one of ${[...tasks.keys()].join(', ')}`),
  data: file.describe("problems in the task's format, perhaps .gz; - for standard input"),
  exemplars: text('file').optional().describe('worked examples to show before each question (few-shot)'),
  split: z
    .enum(Object.keys(mbppSplits) as [MbppSplit, ...MbppSplit[]])
    .default('test')
    .describe('mbpp: which part of the file'),
  limit: count.optional().describe('only so many problems, from the start'),
  maxNewTokens: samplingFlags.maxNewTokens.describe('longest answer'),
  out: file
    .optional()
    .describe(
      'also write every answer as JSONL: {id, text, correct, answer, flexible}; the last two not of programs',
    ),
  batch: bounded(BOUNDS.itemsPerCall).default(64).describe('problems in one call'),
  timeout: seconds.default(1800).describe('longest call'),
  json: z.boolean().default(false).describe('the figures as one JSON object'),
  ...serverShape('generation'),
} as const;
type Flags = FlagsOf<typeof shape>;

/** `sipf evaluate`: greedy accuracy of a model on a task's problems. */
export const evaluateCommand = defineCommand({
  name: 'evaluate',
  description: 'greedy accuracy of a model, strict and flexible, with Wilson 95 % intervals',
  shape,
  action: async ({ flags, terminal }) => {
    const task = taskNamed(flags.task);
    const problems = await readProblems(task, flags, terminal);
    const style = await promptStyle(flags.exemplars, terminal);
    const service = await modelService('generation', { ...flags, server: remoteServer(flags) }, terminal);
    const texts = await withService(service, terminal, async ({ address, security, signal }) => {
      const options = { ...security, signal, idempotent: true, deadlineMs: flags.timeout * 1000 };
      using client = createClient(generation.GenerationServiceDefinition, address, options);
      return await completeAll(client, { task, problems, style, flags, terminal });
    });
    const answers = await judgeAll(texts, { task, problems, flags, terminal });
    if (flags.out !== undefined) await writeAnswers(flags.out, answers, terminal);
    terminal.stdout.write(report(answers, flags));
    return EXIT.ok;
  },
});

interface Answer {
  readonly id: string;
  readonly text: string;
  readonly answer: string | undefined;
  /** Null where its program could not be judged. */
  readonly correct: boolean | null;
  /** Whether the answer is right that flexible extraction finds; absent for programs, which are read in one way. */
  readonly flexible?: boolean;
}

async function readProblems(
  task: Task,
  { data, limit, split }: Flags,
  { stdin }: Terminal,
): Promise<Problem[]> {
  const content = await readText(data, { flag: '--data', stdin });
  const problems = task.parseProblems(content, data === '-' ? 'standard input' : basename(data));
  const chosen = task.name === 'mbpp' ? mbppSplit(problems, split) : problems;
  if (chosen.length === 0) throw usageError(`--data: ${basename(data)} has no problem of the split ${split}`);
  return chosen.slice(0, limit);
}

async function promptStyle(exemplars: string | undefined, { stdin }: Terminal): Promise<PromptStyle> {
  if (exemplars === undefined) return { kind: 'zero-shot' };
  return parseExemplars(await readText(exemplars, { flag: '--exemplars', stdin }), basename(exemplars));
}

/** Greedy completions in the order of the problems. */
async function completeAll(
  client: ServiceClient<generation.GenerationServiceDefinition>,
  { task, problems, style, flags, terminal }: Judging & { style: PromptStyle },
): Promise<string[]> {
  const sampling = {
    n: 1,
    greedy: true,
    maxNewTokens: flags.maxNewTokens,
    stopStrings: task.stopStrings(style),
  };
  const texts: string[] = [];
  let unasked = 0;
  for (let start = 0; start < problems.length; start += flags.batch) {
    const some = problems.slice(start, start + flags.batch);
    const prompts = some.map((problem) => ({ id: problem.id, text: task.prompt(problem, style) }));
    const byId = new Map<string, string>();
    const priority = common.Priority.BULK;
    const call = client.generate(generation.GenerateRequest.fromPartial({ prompts, sampling, priority }));
    for await (const answer of call) {
      byId.set(answer.promptId, answer.text);
      if (leftNoRoom(answer)) unasked++;
    }
    texts.push(...some.map(({ id }) => byId.get(id) ?? ''));
  }
  if (unasked > 0) terminal.screen.write(describeUnasked(unasked, problems.length));
  return texts;
}

function describeUnasked(unasked: number, all: number): string {
  const what =
    "fill the model's longest sequence with their prompt: it was not asked, and they count as wrong";
  return `${unasked} of ${all} problems ${what}\n`;
}

interface Judging {
  readonly task: Task;
  readonly problems: readonly Problem[];
  readonly flags: Flags;
  readonly terminal: Terminal;
}

/** Judges completions, programs by an execution service that lives only as long. */
async function judgeAll(texts: readonly string[], judging: Judging): Promise<Answer[]> {
  const { task, problems, flags, terminal } = judging;
  const outcomes = async (signal: AbortSignal, executor?: Executor): Promise<Outcome[]> => {
    const judge = createJudge(task, executor);
    const bounds = { signal, timeoutMs: flags.timeout * 1000 };
    return await Promise.all(
      problems.map((problem, index) => judge.outcome({ problem, text: texts[index] ?? '' }, bounds)),
    );
  };
  const judged =
    task.domain === 'math'
      ? await outcomes(terminal.signal)
      : await withService({ name: 'execution', flags: [], server: undefined }, terminal, async (service) => {
          using executor = connectExecution(service.address, { clientId: 'sipf evaluate' });
          return await outcomes(service.signal, executor);
        });
  return problems.map((problem, index) => {
    const [text = '', outcome] = [texts[index], judged[index]];
    const correct = outcome === 'unknown' ? null : outcome === 'correct';
    return { id: problem.id, text, correct, ...readAnswer(task, problem, text) };
  });
}

function readAnswer(task: Task, problem: Problem, text: string): Pick<Answer, 'answer' | 'flexible'> {
  if (task.domain === 'code') return { answer: undefined };
  const flexible = task.isCorrect(problem, task.extractAnswer(text, 'flexible'));
  return { answer: task.extractAnswer(text, 'strict'), flexible };
}

async function writeAnswers(out: string, answers: readonly Answer[], { stdout }: Terminal): Promise<void> {
  const writer = await openRowWriter(out, stdout);
  for (const answer of answers) await writer.write({ ...answer, answer: answer.answer ?? null });
  await writer.finish();
}

function report(answers: readonly Answer[], { json, task }: Flags): string {
  const outcomes = answers.map(({ correct }): Outcome => {
    return correct === null ? 'unknown' : correct ? 'correct' : 'wrong';
  });
  const { unknown, ...strict } = accuracyOf(outcomes);
  const flexible = shareRight(
    answers.map(({ id, flexible }) => ({ problem: id, isRight: flexible ?? null })),
  );
  if (!json) return describeAccuracies(strict, flexible);
  const { correct, total, ...figures } = strict;
  const notJudged = unknown === 0 ? {} : { unknown };
  return `${JSON.stringify({ task, correct, total, ...notJudged, ...figures, flexible })}\n`;
}

/** Programs are read in one way alone. */
function describeAccuracies(strict: ShareRight, flexible: ShareRight | undefined): string {
  if (flexible === undefined) return `${describeShare(strict)}\n`;
  return `strict   ${describeShare(strict)}\nflexible ${describeShare(flexible)}\n`;
}
