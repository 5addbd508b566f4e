import { SipfError } from '@sipf/errors';
import { createRng, type Rng } from '@sipf/random';
import type { Problem } from '../task.ts';
import { harderFamily, sampleStory, standardFamily, type StoryFamily } from './sample-story.ts';
import { chainOf, solve, type Operation, type Story } from './story.ts';
import { writeQuestion, writeOperation } from './wording.ts';

/** How many problems of each split to make; a split of 0 is empty. Sizes of RECIPE.md are the defaults. */
export interface ArithmeticSettings {
  /** Any string or integer; the same seed and sizes give the same problems. */
  readonly seed: string | number;
  /** Solved problems for supervised fine-tuning, few on purpose. @default 900 */
  readonly sft?: number;
  /** Questions with answers only, for the loop. @default 1500 */
  readonly loop?: number;
  /** Solved problems for the test. @default 1000 */
  readonly test?: number;
  /** Solved problems for the stronger model, simulator and verifier's base. @default 4000 */
  readonly strong?: number;
  /** Longer chains, out of domain. @default 0 */
  readonly harder?: number;
  /** Solved problems like the test's, which settings are chosen by. @default 0 */
  readonly validation?: number;
}

/** The generated splits. */
export interface ArithmeticData {
  readonly sft: readonly Problem[];
  readonly loop: readonly Problem[];
  readonly test: readonly Problem[];
  readonly strong: readonly Problem[];
  readonly harder: readonly Problem[];
  readonly validation: readonly Problem[];
}

/** Probability that a solution writes a sum or product with its operands the other way round (RECIPE.md). */
const swapProbability = 0.25;
/** Draws for one new problem before the family is taken to be exhausted. */
const maxDraws = 10_000;

/**
 * Generates the bundled task. No question occurs twice anywhere; the chain of numbers of a test problem occurs once in
 * the test and nowhere else, and likewise for `harder` and `validation`.
 * @throws SipfError `invalid-argument` for a size that is not a whole number; `resource-exhausted` when the family has
 * no more problems to give
 */
export function generateArithmetic(settings: ArithmeticSettings): ArithmeticData {
  const rng = createRng(settings.seed).split('arithmetic');
  const reserved = new Set<string>();
  const questions = new Set<string>();
  const draw = (split: string, size: number, options: DrawOptions) =>
    drawSplit(rng.split(split), checkedSize(split, size), { split, reserved, questions, ...options });
  const test = draw('test', settings.test ?? 1000, { family: standardFamily, reserve: true });
  const harder = draw('harder', settings.harder ?? 0, { family: harderFamily, reserve: true });
  const validation = draw('validation', settings.validation ?? 0, { family: standardFamily, reserve: true });
  const sft = draw('sft', settings.sft ?? 900, { family: standardFamily, reserve: false });
  const loop = draw('loop', settings.loop ?? 1500, { family: standardFamily, reserve: false });
  const strong = draw('strong', settings.strong ?? 4000, { family: standardFamily, reserve: false });
  return { sft, loop: loop.map(withoutSolution), test, strong, harder, validation };
}

interface DrawOptions {
  readonly family: StoryFamily;
  /** Whether this split's chains are kept out of every other split. */
  readonly reserve: boolean;
}

interface DrawState extends DrawOptions {
  readonly split: string;
  readonly reserved: Set<string>;
  readonly questions: Set<string>;
}

function drawSplit(rng: Rng, size: number, state: DrawState): Problem[] {
  return Array.from({ length: size }, (_, index) => {
    const story = drawNewStory(rng, state);
    return toProblem(`${state.split}/${index}`, story, rng);
  });
}

function drawNewStory(rng: Rng, { split, family, reserve, reserved, questions }: DrawState): Story {
  for (let draws = 0; draws < maxDraws; draws++) {
    const story = sampleStory(rng, family);
    const chain = chainOf(story);
    const question = writeQuestion(story);
    if (reserved.has(chain) || questions.has(question)) continue;
    questions.add(question);
    if (reserve) reserved.add(chain);
    return story;
  }
  throw new SipfError('resource-exhausted', `the ${split} split asks for more problems than there are`, {
    reason: 'ARITHMETIC_EXHAUSTED',
  });
}

function toProblem(id: string, story: Story, rng: Rng): Problem {
  const operations = solve(story);
  const solution = operations.map((operation) => writeOperation(maybeSwapped(operation, rng))).join('\n');
  return { id, question: writeQuestion(story), answer: String(operations.at(-1)?.value), solution };
}

function maybeSwapped(operation: Operation, rng: Rng): Operation {
  const isCommutative = operation.operator === '+' || operation.operator === '*';
  if (!isCommutative || rng.uniform() >= swapProbability) return operation;
  return { ...operation, left: operation.right, right: operation.left };
}

function withoutSolution({ id, question, answer }: Problem): Problem {
  return { id, question, answer };
}

function checkedSize(split: string, size: number): number {
  if (Number.isInteger(size) && size >= 0) return size;
  throw new SipfError('invalid-argument', `the size of ${split} must be a whole number, got ${size}`, {
    reason: 'ARITHMETIC_SIZE',
    violations: [{ field: split, description: 'must be a whole number of at least 0' }],
  });
}
