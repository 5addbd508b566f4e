import type { common, training } from '@sipf/contracts';
import {
  DATA,
  parseModel,
  putRecords,
  readRecords,
  ROWS,
  type StageResults,
  type SupervisedRow,
  type Training,
  trainingOf,
} from '@sipf/runs';
import { problemOf, problemsById } from './simulate.ts';
import { dataOutput, inputWhereMade, modelLeftBy, type StageContext } from './stage-context.ts';
import { trainModel, type ModelOrigin, type StageJob } from './train.ts';

const supervised: training.JobSpec['objective'] = { $case: 'supervised', value: {} };

/** M_0 = SFT(M, D_0), and every later fine-tuning: on D_0 for longer, or on D_0 and own paths. */
export async function trainSft(context: StageContext<'sft'>): Promise<StageResults['sft']> {
  const { stage, settings } = context;
  const rows = [...(await rowsOf(context, 'train')), ...(await ownPathRows(context))];
  return await trainOnRows(context, rows, policyTraining(context, trainingOf(stage, settings)));
}

/** The simulator, from scratch on problems of its own. */
export async function trainSimulator(context: StageContext<'simulator'>): Promise<StageResults['simulator']> {
  const { optimisation } = trainingOf(context.stage, context.settings);
  const from = scratch(context, 'simulatorConfig');
  return await trainOnRows(context, await rowsOf(context, 'simulator'), { from, optimisation });
}

/** M_0 trained on D_0 for longer: what the loop's gain is measured against. */
export async function continueSft(
  context: StageContext<'continued-sft'>,
): Promise<StageResults['continued-sft']> {
  const { stage, settings } = context;
  const rows = await rowsOf(context, 'train');
  return await trainOnRows(context, rows, policyTraining(context, trainingOf(stage, settings)));
}

/** The policy that a stage works with. */
export function policyOf(
  context: Pick<StageContext, 'result'> & { readonly stage: Pick<StageContext['stage'], 'policyFrom'> },
): common.ModelRef {
  const { policyFrom } = context.stage;
  return policyFrom === DATA ? parseModel(dataOutput(context, 'policy')) : modelLeftBy(context, policyFrom);
}

/** The kinds of stages that train a policy. */
type PolicyKind = 'sft' | 'continued-sft' | 'align';

/** Where a training of the policy starts, as the plan says: from random weights where the policy is a shape alone. */
export function startOf(context: StageContext<PolicyKind>): ModelOrigin {
  const { settings, stage } = context;
  return stage.policyFrom === DATA && settings.policy.initial !== undefined
    ? scratch(context, 'policyConfig')
    : { kind: 'model', model: policyOf(context) };
}

function scratch(
  context: Pick<StageContext, 'result'>,
  name: 'policyConfig' | 'simulatorConfig',
): ModelOrigin {
  return { kind: 'scratch', initialConfig: dataOutput(context, name) };
}

function policyTraining(
  context: StageContext<'sft' | 'continued-sft'>,
  { optimisation }: Training,
): RowTraining {
  return { from: startOf(context), optimisation, lora: context.settings.policy.lora };
}

async function rowsOf(
  context: Pick<StageContext, 'artifacts' | 'task' | 'result'>,
  split: 'train' | 'simulator',
): Promise<SupervisedRow[]> {
  const { artifacts, task } = context;
  const problems = await readRecords(artifacts, dataOutput(context, split), ROWS.problems);
  return problems.map((problem) => ({
    prompt: task.prompt(problem, { kind: 'zero-shot' }),
    completion: task.formatTarget(problem),
  }));
}

/** None for a fine-tuning on D_0 alone. */
async function ownPathRows(context: StageContext<'sft'>): Promise<SupervisedRow[]> {
  const { artifacts, task, stage } = context;
  const kept = stage.method.data.includes('own-paths') ? inputWhereMade(context, 'filter') : undefined;
  if (kept === undefined) return [];
  const problems = await problemsById(context);
  const paths = await readRecords(artifacts, kept.outputs.paths, ROWS.paths);
  return paths.map((path) => ({
    prompt: task.prompt(problemOf(problems, path), { kind: 'zero-shot' }),
    completion: path.text,
  }));
}

/** How a model is trained on rows of prompts and completions. */
type RowTraining = Pick<StageJob, 'from' | 'optimisation' | 'lora'>;

async function trainOnRows(
  context: StageContext<'sft' | 'continued-sft' | 'simulator'>,
  rows: readonly SupervisedRow[],
  how: RowTraining,
): Promise<StageResults['sft']> {
  const { digest } = await putRecords(context.artifacts, rows);
  const { model, droppedRows } = await trainModel(context, {
    ...how,
    dataset: digest,
    objective: supervised,
  });
  return {
    outputs: { dataset: digest, model },
    counts: { examples: rows.length - droppedRows, droppedRows },
    figures: {},
  };
}
