import type { RunConfig } from '@sipf/contracts';
import { fewShotPrompt, taskNamed, type Problem, type PromptStyle, type Task } from '@sipf/tasks';
import type { Lengths, TextFacts } from '../forecast/facts.ts';
import { planRun } from '../plan/plan-run.ts';
import type { OpenedData, OpenedModel } from './opened.ts';
import { generatedSplits, runSplits } from './run-splits.ts';

/** Of English with numbers and of Python, in the vocabularies of today's models: an assumption. */
const CHARACTERS_PER_TOKEN = 3.3;
/** Problems that are looked at, spread over the file. */
const LOOKED_AT = 500;
const ZERO_SHOT: PromptStyle = { kind: 'zero-shot' };

/** What is taken of texts to count their tokens. */
type Counter = (text: string) => number;

interface KnownTexts extends Omit<TextFacts, 'how' | 'shown'> {
  /** Tokens of the published worked examples. */
  readonly examples: number;
}

/**
 * Lengths where no file is here: what GSM8K and MBPP have by {@link CHARACTERS_PER_TOKEN}, the longest prompt out of domain as
 * well, and of Wei et al.'s eight worked examples.
 */
const KNOWN: Readonly<Record<string, KnownTexts>> = {
  gsm8k: {
    ...{ prompt: { mean: 77, longest: 305 }, solution: { mean: 87, longest: 373 }, steps: 3.6 },
    examples: 654,
  },
  mbpp: {
    ...{ prompt: { mean: 71, longest: 1205 }, solution: { mean: 53, longest: 275 }, steps: 3.2 },
    examples: 0,
  },
};

/** How long questions and solutions are: by the policy's tokenizer where it is here, by characters elsewhere. */
export function textFacts(
  config: RunConfig,
  data: readonly OpenedData[],
  policy: OpenedModel | undefined,
): TextFacts {
  const made = generated(config);
  const splits = made ?? runSplits(config, data);
  const own = data.filter(({ field }) => /^task\.(?:train|data)$/.test(field));
  const problems = splits?.train ?? own.flatMap((file) => file.problems);
  const some = spread(problems);
  const style = shownStyle(config, data);
  const isWords = made !== undefined;
  const tokensOf: Counter = (text) =>
    policy?.tokensOf(text) ?? (isWords ? text.split(/\s+/).length : text.length / CHARACTERS_PER_TOKEN);
  const [known] = some.length > 0 ? [undefined] : [KNOWN[config.task.name]];
  if (known !== undefined) return knownFacts(config, known, style);
  const task = taskNamed(config.task.name);
  const prompts = some.map((problem) => tokensOf(task.prompt(problem, ZERO_SHOT)));
  const targets = some
    .filter(({ solution }) => solution !== undefined)
    .map((problem) => task.formatTarget(problem));
  const steps = targets.map((target) => task.splitSteps(target).length);
  const how =
    policy !== undefined
      ? `by the policy's tokenizer`
      : isWords
        ? 'by words'
        : `${CHARACTERS_PER_TOKEN} characters a token, assumed: the policy's tokenizer is not here`;
  const asked = [
    ...(splits === undefined ? some : Object.values(splits).flat()).map((problem) =>
      task.prompt(problem, ZERO_SHOT),
    ),
    ...promptsOutOfDomain(data, ZERO_SHOT),
  ];
  const solved = (splits?.train ?? some)
    .filter(({ solution }) => solution !== undefined)
    .map((problem) => task.formatTarget(problem));
  return {
    prompt: { mean: mean(prompts), longest: longestOf(asked, tokensOf) },
    ...(style === undefined
      ? {}
      : {
          shown: shownLengths(splits === undefined ? some : [...splits.test, ...splits.validation], {
            style,
            task,
            data,
            tokensOf,
          }),
        }),
    solution: { mean: mean(targets.map(tokensOf)), longest: longestOf(solved, tokensOf) },
    steps: mean(steps),
    how: `${some.length} problems of the data, the longest of all; ${how}`,
  };
}

/** After worked examples the longest question of all is the longest, wherever it is asked. */
function knownFacts(
  config: RunConfig,
  { examples, ...known }: KnownTexts,
  style: PromptStyle | undefined,
): TextFacts {
  const how =
    `means and longest of the published ${config.task.name}, in characters / ${CHARACTERS_PER_TOKEN}, which is assumed: ` +
    'its files are not here';
  if (!showsExamples(config)) return { ...known, how };
  const before =
    style?.kind === 'few-shot' ? fewShotPrompt('', style).length / CHARACTERS_PER_TOKEN : examples;
  const { mean: asked, longest } = known.prompt;
  return { ...known, shown: { mean: asked + before, longest: Math.ceil(longest + before) }, how };
}

/** Whether a model of the run is asked after worked examples. */
function showsExamples(config: RunConfig): boolean {
  return planRun(config).some(({ method }) => method?.kind === 'evaluate' && method.prompt === 'few-shot');
}

/** How the worked examples are put that the run shows; undefined where it shows none, or their file is not here. */
function shownStyle(config: RunConfig, data: readonly OpenedData[]): PromptStyle | undefined {
  return showsExamples(config) ? data.find(({ style }) => style !== undefined)?.style : undefined;
}

interface Showing {
  readonly style: PromptStyle;
  readonly task: Task;
  readonly data: readonly OpenedData[];
  readonly tokensOf: Counter;
}

/** Evaluations ask the test questions, those kept apart, and those out of domain. */
function shownLengths(test: readonly Problem[], { style, task, data, tokensOf }: Showing): Lengths {
  const prompts = test.map((problem) => task.prompt(problem, style));
  return {
    mean: mean(spread(prompts).map(tokensOf)),
    longest: longestOf([...prompts, ...promptsOutOfDomain(data, style)], tokensOf),
  };
}

function promptsOutOfDomain(data: readonly OpenedData[], style: PromptStyle): string[] {
  return data
    .filter(({ field }) => field.startsWith('evaluation.outOfDomain.'))
    .flatMap(({ task, problems }) => problems.map((problem) => taskNamed(task).prompt(problem, style)));
}

/** A server refuses the longest text, whichever it is: the longest in tokens is among the longest in characters. */
function longestOf(texts: readonly string[], tokensOf: (text: string) => number): number {
  const long = texts.toSorted((a, b) => b.length - a.length).slice(0, LOOKED_AT);
  return Math.ceil(long.reduce((most, text) => Math.max(most, tokensOf(text)), 0));
}

function spread<T>(all: readonly T[]): readonly T[] {
  const every = Math.max(1, Math.floor(all.length / LOOKED_AT));
  return all.filter((_, index) => index % every === 0);
}

function generated(config: RunConfig): Omit<ReturnType<typeof generatedSplits>, 'simulator'> | undefined {
  const { task } = config;
  if (task.name !== 'arithmetic' && task.name !== 'programs') return undefined;
  const { simulator: _simulator, ...asked } = generatedSplits(config, task);
  return asked;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
