import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { planRun } from '@sipf/planning';
import { createRng } from '@sipf/random';
import { generateArithmetic, generatePrograms, mbppSplit, type Problem, type Task } from '@sipf/tasks';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** The problems of a run. */
export interface Splits {
  /** D_0, with solutions. */
  readonly train: readonly Problem[];
  /** Questions of the loop. */
  readonly loop: readonly Problem[];
  readonly test: readonly Problem[];
  /** Solved problems for a simulator trained from scratch. */
  readonly simulator: readonly Problem[];
}

/** Generates or reads the problems. @throws SipfError `invalid-argument`, reason `DATASET_INVALID` */
export async function loadSplits(config: RunConfig, task: Task): Promise<Splits> {
  const settings = config.task;
  switch (settings.name) {
    case 'arithmetic':
    case 'programs':
      return generateSplits(config, settings);
    case 'gsm8k':
      return fileSplits(config.seed, settings, {
        train: await readProblems(task, settings.train, 'task.train'),
        test: await readProblems(task, settings.test, 'task.test'),
      });
    case 'mbpp': {
      const problems = await readProblems(task, settings.data, 'task.data');
      const [train, test] = [mbppSplit(problems, 'train'), mbppSplit(problems, 'test')];
      return fileSplits(config.seed, settings, { train, test });
    }
  }
}

type Sizes = Extract<RunConfig['task'], { readonly name: 'arithmetic' | 'programs' }>;

function generateSplits(config: RunConfig, sizes: Sizes): Splits {
  const { trainProblems: sft, loopQuestions: loop, testQuestions: test, simulatorProblems } = sizes;
  const strong = planRun(config).some(({ kind }) => kind === 'simulator') ? simulatorProblems : 0;
  const generate = sizes.name === 'arithmetic' ? generateArithmetic : generatePrograms;
  const data = generate({ seed: config.seed, sft, loop, test, strong });
  return { train: data.sft, loop: data.loop, test: data.test, simulator: data.strong };
}

type Bounds = Pick<
  Extract<RunConfig['task'], { readonly name: 'gsm8k' | 'mbpp' }>,
  'trainProblems' | 'loopQuestions' | 'testQuestions'
>;

function fileSplits(
  seed: number,
  bounds: Bounds,
  { train, test }: { readonly train: readonly Problem[]; readonly test: readonly Problem[] },
): Splits {
  return {
    train: subset(train, bounds.trainProblems, seed, 'train'),
    // The paper samples on the training questions: their solutions are M_0's, their answers the loop's.
    loop: subset(train, bounds.loopQuestions, seed, 'loop'),
    test: subset(test, bounds.testQuestions, seed, 'test'),
    simulator: [],
  };
}

/** A seeded choice in the dataset's own order; all of it where no size is given. */
function subset(
  problems: readonly Problem[],
  size: number | undefined,
  seed: number,
  label: string,
): readonly Problem[] {
  if (size === undefined || size >= problems.length) return problems;
  const chosen = new Set(createRng(seed).split(`subset/${label}`).shuffle(problems).slice(0, size));
  return problems.filter((problem) => chosen.has(problem));
}

async function readProblems(task: Task, path: string, field: string): Promise<Problem[]> {
  return task.parseProblems(await readText(path, field), basename(path));
}

/** A file's text; one whose name ends in .gz is unpacked. */
async function readText(path: string, field: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    return (path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8');
  } catch (cause) {
    const description = `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`;
    throw new SipfError('invalid-argument', `${field} ${basename(path)} ${description}`, {
      reason: 'DATASET_INVALID',
      violations: [{ field, description }],
      cause,
    });
  }
}
