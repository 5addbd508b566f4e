import type { RunConfig } from '@sipf/contracts';
import { generateArithmetic, generatePrograms, taskNamed, type Problem } from '@sipf/tasks';
import type { TextFacts } from '../forecast/facts.ts';
import type { OpenedData, OpenedModel } from './opened.ts';

/** Of English with numbers and of Python, in the vocabularies of today's models: an assumption. */
const CHARACTERS_PER_TOKEN = 3.3;
/** Problems that are looked at, spread over the file. */
const LOOKED_AT = 500;

/** Lengths where no file is here: what GSM8K and MBPP have by {@link CHARACTERS_PER_TOKEN}. */
const KNOWN: Readonly<Record<string, Omit<TextFacts, 'how'>>> = {
  gsm8k: { prompt: { mean: 76, longest: 305 }, solution: { mean: 88, longest: 375 }, steps: 4.6 },
  mbpp: { prompt: { mean: 75, longest: 500 }, solution: { mean: 55, longest: 450 }, steps: 6.8 },
};

/** How long questions and solutions are: by the policy's tokenizer where it is here, by characters elsewhere. */
export function textFacts(
  config: RunConfig,
  data: readonly OpenedData[],
  policy: OpenedModel | undefined,
): TextFacts {
  const own = data.filter(({ field }) => /^task\.(?:train|data)$/.test(field));
  const problems = own.flatMap((file) => file.problems);
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
  return {
    prompt: lengths(prompts),
    solution: lengths(targets.map(tokensOf)),
    steps: mean(steps),
    how: `${some.length} problems of the data; ${how}`,
  };
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

function lengths(tokens: readonly number[]): TextFacts['prompt'] {
  return { mean: mean(tokens), longest: Math.ceil(tokens.reduce((most, one) => Math.max(most, one), 0)) };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
