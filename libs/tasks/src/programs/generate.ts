import { SipfError } from '@sipf/errors';
import { createRng, type Rng } from '@sipf/random';
import type { Problem } from '../task.ts';
import { describePipeline, runPipeline, writePipeline, type Pipeline } from './pipeline.ts';
import {
  harderPipelines,
  sampleList,
  samplePipeline,
  standardPipelines,
  type PipelineFamily,
} from './sample-pipeline.ts';

/** How many problems of each split to make; a split of 0 is empty. */
export interface ProgramSettings {
  /** Any string or integer; the same seed and sizes give the same problems. */
  readonly seed: string | number;
  /** Solved problems for supervised fine-tuning, few on purpose. @default 400 */
  readonly sft?: number;
  /** Questions with tests only, for the loop. @default 400 */
  readonly loop?: number;
  /** Solved problems for the test. @default 300 */
  readonly test?: number;
  /** Solved problems for the stronger model, simulator and verifier's base. @default 2000 */
  readonly strong?: number;
  /** Longer programs, out of domain. @default 0 */
  readonly harder?: number;
  /** Solved problems like the test's, which settings are chosen by. @default 0 */
  readonly validation?: number;
}

/** The generated splits. */
export interface ProgramData {
  readonly sft: readonly Problem[];
  readonly loop: readonly Problem[];
  readonly test: readonly Problem[];
  readonly strong: readonly Problem[];
  readonly harder: readonly Problem[];
  readonly validation: readonly Problem[];
}

/** Assertions of each problem. */
const testsPerProblem = 4;
/** Draws for one new problem before the family is taken to be exhausted. */
const maxDraws = 10_000;

/**
 * Generates the bundled task of programs. No question occurs twice anywhere.
 * @throws SipfError `invalid-argument` for a size that is not a whole number; `resource-exhausted` when there are no more
 * problems to give
 */
export function generatePrograms(settings: ProgramSettings): ProgramData {
  const rng = createRng(settings.seed).split('programs');
  const asked = new Set<string>();
  const draw = (split: string, size: number, family = standardPipelines): Problem[] =>
    Array.from({ length: checkedSize(split, size) }, (_, index) =>
      drawProblem(`${split}/${index}`, { root: rng, asked, family }),
    );
  const test = draw('test', settings.test ?? 300);
  const sft = draw('sft', settings.sft ?? 400);
  const loop = draw('loop', settings.loop ?? 400);
  const strong = draw('strong', settings.strong ?? 2000);
  const harder = draw('harder', settings.harder ?? 0, harderPipelines);
  const validation = draw('validation', settings.validation ?? 0);
  return { sft, loop: loop.map(withoutSolution), test, strong, harder, validation };
}

interface DrawState {
  readonly root: Rng;
  readonly asked: Set<string>;
  readonly family: PipelineFamily;
}

function drawProblem(id: string, { root, asked, family }: DrawState): Problem {
  const rng = root.split(id);
  for (let draws = 0; draws < maxDraws; draws++) {
    const pipeline = samplePipeline(rng, family);
    const question = describePipeline(pipeline);
    const tests = drawTests(pipeline, rng);
    if (tests === undefined || asked.has(question)) continue;
    asked.add(question);
    return { id, question, answer: tests, solution: writePipeline(pipeline) };
  }
  throw new SipfError('resource-exhausted', `there is no new problem for ${id}`, {
    reason: 'PROBLEMS_EXHAUSTED',
  });
}

/** Undefined where a result would be a fault, or the same for every list: such tests show too little. */
function drawTests(pipeline: Pipeline, rng: Rng): string | undefined {
  const lists = Array.from({ length: testsPerProblem }, () => sampleList(rng));
  const results = lists.map((list) => runPipeline(pipeline, list));
  if (results.includes(undefined) || new Set(results).size < 2) return undefined;
  return lists.map((list, index) => `assert f([${list.join(', ')}]) == ${String(results[index])}\n`).join('');
}

function withoutSolution({ id, question, answer }: Problem): Problem {
  return { id, question, answer };
}

function checkedSize(split: string, size: number): number {
  if (Number.isInteger(size) && size >= 0) return size;
  throw new SipfError('invalid-argument', `the size of ${split} must be a whole number, got ${size}`, {
    reason: 'SETTING_INVALID',
    violations: [{ field: split, description: 'must be a whole number of at least 0' }],
  });
}
