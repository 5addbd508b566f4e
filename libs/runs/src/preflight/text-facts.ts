import type { RunConfig } from '@sipf/contracts';
import { generateArithmetic, generatePrograms, taskNamed, type Problem } from '@sipf/tasks';
import type { TextFacts } from '../forecast/facts.ts';
import type { OpenedData, OpenedModel } from './opened.ts';
import { runSplits } from './run-splits.ts';

/** Of English with numbers and of Python, in the vocabularies of today's models: an assumption. */
const CHARACTERS_PER_TOKEN = 3.3;
/** Problems that are looked at, spread over the file. */
const LOOKED_AT = 500;

/**
 * Lengths where no file is here: what GSM8K and MBPP have by {@link CHARACTERS_PER_TOKEN}, the longest prompt out of domain as
 * well.
 */
const KNOWN: Readonly<Record<string, Omit<TextFacts, 'how'>>> = {
  gsm8k: { prompt: { mean: 77, longest: 305 }, solution: { mean: 87, longest: 373 }, steps: 3.6 },
  mbpp: { prompt: { mean: 71, longest: 1205 }, solution: { mean: 53, longest: 275 }, steps: 3.2 },
};

/** How long questions and solutions are: by the policy's tokenizer where it is here, by characters elsewhere. */
export function textFacts(
  config: RunConfig,
  data: readonly OpenedData[],
  policy: OpenedModel | undefined,
): TextFacts {
  const splits = runSplits(config, data);
  const own = data.filter(({ field }) => /^task\.(?:train|data)$/.test(field));
  const problems = splits?.train ?? own.flatMap((file) => file.problems);
  const some = problems.length > 0 ? spread(problems) : generated(config);
  const [known] = some.length > 0 ? [undefined] : [KNOWN[config.task.name]];
  if (known !== undefined)
    return { ...known, how: `lengths of the published ${config.task.name}: its files are not here` };
  const isWords = problems.length === 0;
  const tokensOf = (text: string): number =>
    policy?.tokensOf(text) ?? (isWords ? text.split(/\s+/).length : text.length / CHARACTERS_PER_TOKEN);
  const task = taskNamed(config.task.name);
  const prompts = some.map((problem) => tokensOf(task.prompt(problem, { kind: 'zero-shot' })));
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
    ...(splits === undefined ? some : [...splits.train, ...splits.loop, ...splits.test]).map((problem) =>
      task.prompt(problem, { kind: 'zero-shot' }),
    ),
    ...promptsOutOfDomain(data),
  ];
  const solved = (splits?.train ?? some)
    .filter(({ solution }) => solution !== undefined)
    .map((problem) => task.formatTarget(problem));
  return {
    prompt: { mean: mean(prompts), longest: longestOf(asked, tokensOf) },
    solution: { mean: mean(targets.map(tokensOf)), longest: longestOf(solved, tokensOf) },
    steps: mean(steps),
    how: `${some.length} problems of the data, the longest of all; ${how}`,
  };
}

function promptsOutOfDomain(data: readonly OpenedData[]): string[] {
  return data
    .filter(({ field }) => field.startsWith('evaluation.outOfDomain.'))
    .flatMap(({ task, problems }) =>
      problems.map((problem) => taskNamed(task).prompt(problem, { kind: 'zero-shot' })),
    );
}

/** A server refuses the longest text, whichever it is: the longest in tokens is among the longest in characters. */
function longestOf(texts: readonly string[], tokensOf: (text: string) => number): number {
  const long = texts.toSorted((a, b) => b.length - a.length).slice(0, LOOKED_AT);
  return Math.ceil(long.reduce((most, text) => Math.max(most, tokensOf(text)), 0));
}

function spread(problems: readonly Problem[]): readonly Problem[] {
  const every = Math.max(1, Math.floor(problems.length / LOOKED_AT));
  return problems.filter((_, index) => index % every === 0);
}

/** Some problems of a bundled task. */
function generated({ task, seed }: RunConfig): readonly Problem[] {
  const few = { seed, test: 1, sft: 100, loop: 1, strong: 1 };
  if (task.name === 'arithmetic') return generateArithmetic(few).sft;
  return task.name === 'programs' ? generatePrograms(few).sft : [];
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
