import type { OutOfDomain, RunConfig } from '@sipf/contracts';
import { requireAskable } from '@sipf/outcomes';
import { generatedSplits } from '@sipf/runs/preflight';
import { fileSplits, mbppSplit, taskNamed, type Problem, type Task } from '@sipf/tasks';
import { basename } from 'node:path';
import { readDatasetText } from './dataset-text.ts';

/**
 * The problems of a run by what they are for: `train`, D_0 with solutions; `loop`, the loop's questions; `test`;
 * `validation`, kept out of both of the first; `simulator`, for one trained from scratch; data sets out of domain.
 */
export type Splits = Readonly<
  Record<'train' | 'loop' | 'test' | 'validation', readonly Problem[]> &
    Partial<Record<'simulator' | OutOfDomain['name'], readonly Problem[]>>
>;

/** The names of the splits that there are. */
export function splitNames(splits: Splits): (keyof Splits)[] {
  return Object.keys(splits) as (keyof Splits)[];
}

/** Generates or reads the problems. @throws SipfError `invalid-argument`, reason `DATASET_INVALID` */
export async function loadSplits(config: RunConfig, task: Task): Promise<Splits> {
  const settings = config.task;
  switch (settings.name) {
    case 'arithmetic':
    case 'programs':
      return generatedSplits(config, settings);
    case 'gsm8k': {
      const train = await readProblems(task, settings.train, 'task.train');
      const test = await readProblems(task, settings.test, 'task.test');
      return {
        ...fileSplits({ train, test }, { ...settings, ...chosenBy(config) }),
        ...(await outOfDomain(config)),
      };
    }
    case 'mbpp': {
      const problems = await readProblems(task, settings.data, 'task.data');
      const [train, test] = [mbppSplit(problems, 'train'), mbppSplit(problems, 'test')];
      return {
        ...fileSplits({ train, test }, { ...settings, ...chosenBy(config) }),
        ...(await outOfDomain(config)),
      };
    }
  }
}

function chosenBy({ seed, evaluation: { validationQuestions } }: RunConfig) {
  return { seed, validationQuestions };
}

async function outOfDomain({ evaluation }: RunConfig): Promise<Partial<Splits>> {
  const sets = evaluation.outOfDomain.filter((set) => set.name !== 'harder');
  const read = sets.map(async (set, index): Promise<[string, Problem[]]> => [
    set.name,
    await readSet(set, index),
  ]);
  return Object.fromEntries(await Promise.all(read));
}

async function readSet(
  { name, data }: Exclude<OutOfDomain, { name: 'harder' }>,
  index: number,
): Promise<Problem[]> {
  const field = `evaluation.outOfDomain.${index}.data`;
  const files = await Promise.all([data].flat().map((path) => readProblems(taskNamed(name), path, field)));
  const problems = files.flat();
  requireAskable(taskNamed(name), problems, { source: field, style: { kind: 'zero-shot' } });
  return problems;
}

async function readProblems(task: Task, path: string, field: string): Promise<Problem[]> {
  const source = basename(path);
  const problems = task.parseProblems(await readDatasetText(path, field), source);
  requireAskable(task, problems, { source, style: { kind: 'zero-shot' } });
  return problems;
}
