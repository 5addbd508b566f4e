import type { OptimisationConfig, training } from '@sipf/contracts';
import type { Path } from '@sipf/method';
import { DATA, type StageResult } from '@sipf/runs';
import type { Problem } from '@sipf/tasks';
import type { SupervisedRow } from './dataset-rows.ts';
import { parseModel } from './model-names.ts';
import { putRecords, readRecords } from './records.ts';
import { problemOf, problemsById } from './simulate.ts';
import { inputOf, outputOf, type StageContext } from './stage-context.ts';
import { trainModel, type ModelOrigin } from './train.ts';

const supervised: training.JobSpec['objective'] = { $case: 'supervised', value: {} };

/** M_0 = SFT(M, D_0), and every later fine-tuning: on D_0 for longer, or on D_0 and own paths. */
export async function trainSft(context: StageContext): Promise<StageResult> {
  const { config, stage } = context;
  const rows = await rowsOf(context, 'train');
  if (stage.iteration === 0) return await trainSupervised(context, rows, sftSettings(context));
  const isOnOwnPaths = stage.method?.kind === 'sft' && stage.method.data.includes('own-paths');
  if (!isOnOwnPaths) return await continueSft(context);
  // Which own paths are too long is nothing that the settings of SFT could know.
  const optimisation = config.tuning.optimisation ?? { ...sftSettings(context), longerRows: 'drop' };
  return await trainSupervised(context, [...rows, ...(await ownPathRows(context))], optimisation);
}

/** The simulator, from scratch on problems of its own. */
export async function trainSimulator(context: StageContext): Promise<StageResult> {
  const optimisation = context.config.simulator?.optimisation;
  if (optimisation === undefined) throw new RangeError('no settings for the simulator');
  const from = scratch(context, 'simulator');
  return await trainSupervised(context, await rowsOf(context, 'simulator'), optimisation, from);
}

/** M_0 trained on D_0 for longer: what the loop's gain is measured against. */
export async function continueSft(context: StageContext): Promise<StageResult> {
  const sft = sftSettings(context);
  const optimisation = { ...sft, epochs: context.config.continuedSftEpochs ?? sft.epochs };
  return await trainSupervised(context, await rowsOf(context, 'train'), optimisation);
}

/** The policy that a stage works with. */
export function policyOf(
  context: StageContext,
  from = context.stage.policyFrom,
): ReturnType<typeof parseModel> {
  return parseModel(outputOf(context, from, from === DATA ? 'policy' : 'model'));
}

/** Where a training of the policy starts, as the plan says: from random weights where the policy is a shape alone. */
export function startOf(context: StageContext): ModelOrigin {
  const { config, stage } = context;
  return stage.policyFrom === DATA && config.policy.initial !== undefined
    ? scratch(context, 'policy')
    : { kind: 'model', model: policyOf(context) };
}

function scratch(context: StageContext, name: 'policy' | 'simulator'): ModelOrigin {
  return { kind: 'scratch', initialConfig: outputOf(context, DATA, `${name}Config`) };
}

function sftSettings({ config }: StageContext): OptimisationConfig {
  if (config.sft === undefined) throw new RangeError('no settings for SFT');
  return config.sft;
}

async function rowsOf(context: StageContext, split: 'train' | 'simulator'): Promise<SupervisedRow[]> {
  const { artifacts, task } = context;
  const problems = await readRecords<Problem>(artifacts, outputOf(context, DATA, split));
  return problems.map((problem) => ({
    prompt: task.prompt(problem, { kind: 'zero-shot' }),
    completion: task.formatTarget(problem),
  }));
}

async function ownPathRows(context: StageContext): Promise<SupervisedRow[]> {
  const { artifacts, task } = context;
  const problems = await problemsById(context);
  const paths = await readRecords<Path>(artifacts, inputOf(context, 'filter', 'paths'));
  return paths.map((path) => ({
    prompt: task.prompt(problemOf(problems, path), { kind: 'zero-shot' }),
    completion: path.text,
  }));
}

async function trainSupervised(
  context: StageContext,
  rows: readonly SupervisedRow[],
  optimisation: OptimisationConfig,
  from: ModelOrigin = startOf(context),
): Promise<StageResult> {
  const { digest } = await putRecords(context.artifacts, rows);
  const job = { from, dataset: digest, objective: supervised, optimisation };
  const { model, droppedRows } = await trainModel(context, job);
  return {
    outputs: { dataset: digest, model },
    counts: { examples: rows.length - droppedRows, droppedRows },
    figures: {},
  };
}
