import type { training } from '@sipf/contracts';
import { accuracyOf } from '@sipf/method';
import { parseExemplars, type Problem, type PromptStyle, type Task } from '@sipf/tasks';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StageResult } from '../log/run-log.ts';
import { DATA } from '@sipf/planning';
import type { SupervisedRow } from './dataset-rows.ts';
import { parseModel } from './model-names.ts';
import { putRecords, readRecords } from './records.ts';
import { samplePaths } from './sample-paths.ts';
import { greedy } from './sampling-settings.ts';
import { outputOf, type StageContext } from './stage-context.ts';
import { trainModel, type ModelOrigin } from './train.ts';

const supervised: training.JobSpec['objective'] = { $case: 'supervised', value: {} };

/** M_0 = SFT(M, D_0). */
export async function trainSft(context: StageContext): Promise<StageResult> {
  const { config } = context;
  if (config.sft === undefined) throw new RangeError('no settings for SFT');
  const from = originOf(context, 'policy', config.policy.initial !== undefined);
  return await trainSupervised(context, { from, split: 'train', optimisation: config.sft });
}

/** The simulator, from scratch on problems of its own. */
export async function trainSimulator(context: StageContext): Promise<StageResult> {
  const optimisation = context.config.simulator?.optimisation;
  if (optimisation === undefined) throw new RangeError('no settings for the simulator');
  const from = originOf(context, 'simulator', true);
  return await trainSupervised(context, { from, split: 'simulator', optimisation });
}

/** M_0 trained on D_0 for longer: what the loop's gain is measured against. */
export async function continueSft(context: StageContext): Promise<StageResult> {
  const { sft, continuedSftEpochs } = context.config;
  if (sft === undefined || continuedSftEpochs === undefined)
    throw new RangeError('no settings for continued SFT');
  const model = policyOf(context);
  const optimisation = { ...sft, epochs: continuedSftEpochs };
  return await trainSupervised(context, { from: { kind: 'model', model }, split: 'train', optimisation });
}

/** The policy that a stage works with. */
export function policyOf(
  context: StageContext,
  from = context.stage.policyFrom,
): ReturnType<typeof parseModel> {
  return parseModel(outputOf(context, from, from === DATA ? 'policy' : 'model'));
}

/** Greedy accuracy on the test questions, as every figure of the paper is measured. */
export async function evaluate(context: StageContext): Promise<StageResult> {
  const { config, task, artifacts } = context;
  const problems = await readRecords<Problem>(artifacts, outputOf(context, DATA, 'test'));
  const style = await promptStyle(context);
  const sampling = greedy(config.evaluation.maxNewTokens, task.stopStrings(style));
  const paths = await samplePaths(context, problems, { model: policyOf(context), sampling, style });
  const strict = accuracyOf(paths.map(({ outcome }) => outcome));
  const { digest } = await putRecords(artifacts, paths);
  return {
    outputs: { paths: digest },
    counts: {
      correct: strict.correct,
      total: strict.total,
      ...flexibleCount(task, problems, paths),
      ...(strict.unknown === 0 ? {} : { unknown: strict.unknown }),
    },
    figures: {
      accuracy: strict.accuracy,
      low: strict.low,
      high: strict.high,
      ...wholePaths(task, problems, paths),
    },
  };
}

/** Right answers by the flexible rule of extraction, for tasks with answers. */
function flexibleCount(
  task: Task,
  problems: readonly Problem[],
  paths: readonly { readonly text: string }[],
): Record<string, number> {
  if (task.domain === 'code') return {};
  const right = problems.filter((problem, index) =>
    task.isCorrect(problem, task.extractAnswer(paths[index]?.text ?? '', 'flexible')),
  );
  return { flexibleCorrect: right.length };
}

/** The share of paths whose every step is right, for tasks that can tell. */
function wholePaths(
  task: Task,
  problems: readonly Problem[],
  paths: readonly { readonly text: string }[],
): Record<string, number> {
  if (task.domain === 'code' || task.stepTruth === undefined) return {};
  const stepTruth = task.stepTruth.bind(task);
  const right = problems.filter(
    (problem, index) => stepTruth(problem, paths[index]?.text ?? '').wholePathRight,
  );
  return { wholePathAccuracy: right.length / problems.length };
}

/** How the recipe wants the model to be asked. */
async function promptStyle({ config, stage }: StageContext): Promise<PromptStyle> {
  const fewShot = stage.method?.kind === 'evaluate' && stage.method.prompt === 'few-shot';
  const path = config.task.name === 'gsm8k' ? config.task.exemplars : undefined;
  if (!fewShot || path === undefined) return { kind: 'zero-shot' };
  return parseExemplars(await readFile(path, 'utf8'), basename(path));
}

function originOf(context: StageContext, name: 'policy' | 'simulator', fromScratch: boolean): ModelOrigin {
  return fromScratch
    ? { kind: 'scratch', initialConfig: outputOf(context, DATA, `${name}Config`) }
    : { kind: 'model', model: parseModel(outputOf(context, DATA, name)) };
}

async function trainSupervised(
  context: StageContext,
  {
    from,
    split,
    optimisation,
  }: {
    readonly from: ModelOrigin;
    readonly split: 'train' | 'simulator';
    readonly optimisation: NonNullable<StageContext['config']['sft']>;
  },
): Promise<StageResult> {
  const { artifacts, task } = context;
  const problems = await readRecords<Problem>(artifacts, outputOf(context, DATA, split));
  const rows = problems.map((problem): SupervisedRow => ({
    prompt: task.prompt(problem, { kind: 'zero-shot' }),
    completion: task.formatTarget(problem),
  }));
  const { digest } = await putRecords(artifacts, rows);
  const { model, droppedRows } = await trainModel(context, {
    from,
    dataset: digest,
    objective: supervised,
    optimisation,
  });
  return {
    outputs: { dataset: digest, model },
    counts: { examples: rows.length - droppedRows, droppedRows },
    figures: {},
  };
}
