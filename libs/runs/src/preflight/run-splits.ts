import type { RunConfig } from '@sipf/contracts';
import {
  fileSplits,
  generateArithmetic,
  generatePrograms,
  mbppSplit,
  type FileSplits,
  type Problem,
} from '@sipf/tasks';
import { planRun } from '../plan/plan-run.ts';
import { plannedTrainings } from '../plan/planned-trainings.ts';
import type { OpenedData } from './opened.ts';

/** The problems of its files that a run will use, and what for; undefined where files are wrong, or a task needs none. */
export function runSplits(config: RunConfig, data: readonly OpenedData[]): FileSplits | undefined {
  const { task, seed, evaluation } = config;
  const [train, test] = filesOf(config, data);
  if (train === undefined || test === undefined || !('data' in task || 'train' in task)) return undefined;
  return fileSplits({ train, test }, { ...task, seed, validationQuestions: evaluation.validationQuestions });
}

function filesOf({ task }: RunConfig, data: readonly OpenedData[]): (readonly Problem[] | undefined)[] {
  const of = (field: string) => data.find((opened) => opened.field === field)?.problems;
  if (task.name !== 'mbpp') return [of('task.train'), of('task.test')];
  const all = of('task.data');
  return all === undefined ? [] : [mbppSplit(all, 'train'), mbppSplit(all, 'test')];
}

type Sizes = Extract<RunConfig['task'], { readonly name: 'arithmetic' | 'programs' }>;

/** The problems that a run of a bundled task makes, and what for. */
export function generatedSplits(config: RunConfig, sizes: Sizes) {
  const { trainProblems: sft, loopQuestions: loop, testQuestions: test, simulatorProblems } = sizes;
  const strong = planRun(config).some(({ kind }) => kind === 'simulator') ? simulatorProblems : 0;
  const { validationQuestions: validation, outOfDomain: sets } = config.evaluation;
  const harder = sets.find((set) => set.name === 'harder')?.questions ?? 0;
  const generate = sizes.name === 'arithmetic' ? generateArithmetic : generatePrograms;
  const data = generate({ seed: config.seed, sft, loop, test, strong, harder, validation });
  const { strong: simulator, sft: train, ...others } = data;
  return { ...others, train, simulator };
}

/** Whether a stage of the plan imitates the solutions of D_0: every fine-tuning does, on own paths too. */
export function imitatesSolutions(config: RunConfig): boolean {
  return plannedTrainings(config).some(({ split }) => split === 'train');
}
