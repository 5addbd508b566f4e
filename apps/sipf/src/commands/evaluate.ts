import { generation } from '@sipf/contracts';
import { accuracyOf, type Outcome } from '@sipf/method';
import { createClient, type ServiceClient } from '@sipf/service';
import { parseExemplars, taskNamed, type Problem, type PromptStyle, type Task } from '@sipf/tasks';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { openRowWriter } from '../files/write-rows.ts';
import { count, file, positive } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { addServerOptions, remoteServer, serverShape } from '../options/server-options.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import type { CommandDefinition } from './command.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const schema = z.object({
  ...serverShape,
  model: z.string().optional(),
  task: z.string(),
  data: file,
  exemplars: z.string().optional(),
  limit: count.optional(),
  maxNewTokens: count,
  out: file.optional(),
  batch: count,
  timeout: positive,
  json: z.boolean().default(false),
});
type Flags = z.infer<typeof schema>;

/** `sipf evaluate`: greedy accuracy of a model on a task's problems. */
export const evaluateCommand: CommandDefinition = {
  declare: (program) => {
    const command = program
      .command('evaluate')
      .description('greedy accuracy of a model, with a Wilson 95 % interval')
      .option('--model <folder>', 'Hugging Face folder of the model')
      .requiredOption('--task <name>', 'gsm8k or arithmetic')
      .requiredOption('--data <file>', 'problems in the format of GSM8K, - for standard input')
      .option('--exemplars <file>', 'worked examples to show before each question (few-shot)')
      .option('--limit <count>', 'only so many problems, from the start')
      .option('--max-new-tokens <count>', 'longest answer', '256')
      .option('--out <file>', 'also write every answer as JSONL: {id, text, answer, correct}')
      .option('--batch <count>', 'problems in one call', '64')
      .option('--timeout <seconds>', 'longest call', '1800')
      .option('--json', 'the figures as one JSON object');
    return addServerOptions(command, 'generation');
  },
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    const task = taskNamed(flags.task);
    const problems = await readProblems(task, flags, terminal);
    const style = await promptStyle(flags.exemplars);
    const service = await modelService('generation', { ...flags, server: remoteServer(flags) }, terminal.cwd);
    const answers = await withService(service, terminal, async ({ address, tls, signal }) => {
      const options = { tls, signal, idempotent: true, deadlineMs: flags.timeout * 1000 };
      using client = createClient(generation.GenerationServiceDefinition, address, options);
      return await answerAll(client, { task, problems, style, flags });
    });
    if (flags.out !== undefined) await writeAnswers(flags.out, answers, terminal);
    terminal.stdout.write(report(answers, flags));
    return EXIT.ok;
  },
};

interface Answer {
  readonly id: string;
  readonly text: string;
  readonly answer: string | undefined;
  readonly correct: boolean;
}

async function readProblems(task: Task, { data, limit }: Flags, { stdin }: Terminal): Promise<Problem[]> {
  const content = data === '-' ? await text(stdin) : await readText(data, '--data');
  const problems = task.parseProblems(content, data === '-' ? 'standard input' : basename(data));
  return problems.slice(0, limit);
}

async function promptStyle(exemplars: string | undefined): Promise<PromptStyle> {
  if (exemplars === undefined) return { kind: 'zero-shot' };
  return parseExemplars(await readText(exemplars, '--exemplars'), basename(exemplars));
}

async function readText(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw usageError(`${flag}: cannot read ${path} (${String(code)})`, { cause });
  }
}

async function answerAll(
  client: ServiceClient<generation.GenerationServiceDefinition>,
  {
    task,
    problems,
    style,
    flags,
  }: { task: Task; problems: readonly Problem[]; style: PromptStyle; flags: Flags },
): Promise<Answer[]> {
  const sampling = {
    n: 1,
    greedy: true,
    maxNewTokens: flags.maxNewTokens,
    stopStrings: task.stopStrings(style),
  };
  const answers: Answer[] = [];
  for (let start = 0; start < problems.length; start += flags.batch) {
    const some = problems.slice(start, start + flags.batch);
    const prompts = some.map((problem) => ({ id: problem.id, text: task.prompt(problem, style) }));
    const texts = new Map<string, string>();
    const call = client.generate(generation.GenerateRequest.fromPartial({ prompts, sampling }));
    for await (const { promptId, text: completion } of call) texts.set(promptId, completion);
    for (const problem of some) answers.push(judge(task, problem, texts.get(problem.id) ?? ''));
  }
  return answers;
}

function judge(task: Task, problem: Problem, completion: string): Answer {
  const answer = task.extractAnswer(completion, 'strict');
  return { id: problem.id, text: completion, answer, correct: task.isCorrect(problem, answer) };
}

async function writeAnswers(out: string, answers: readonly Answer[], { stdout }: Terminal): Promise<void> {
  const writer = await openRowWriter(out, stdout);
  for (const answer of answers) await writer.write({ ...answer, answer: answer.answer ?? null });
  await writer.finish();
}

function report(answers: readonly Answer[], { json, task }: Flags): string {
  const outcomes = answers.map(({ correct }): Outcome => (correct ? 'correct' : 'wrong'));
  const { correct, total, accuracy, low, high } = accuracyOf(outcomes);
  if (json) return `${JSON.stringify({ task, correct, total, accuracy, low, high })}\n`;
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return `${percent(accuracy)} of ${total} right (${correct}); 95 % interval ${percent(low)} - ${percent(high)}\n`;
}
