import type { RunConfig } from '@sipf/contracts';
import { inspectModelFolder, isModelFile } from '@sipf/models';
import { createJudge, requireAskable } from '@sipf/outcomes';
import { planRun, putRecords, verifierBases, type StageResults } from '@sipf/runs';
import { parseExemplars, type Problem } from '@sipf/tasks';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { dataSources, SOURCES } from './data-sources.ts';
import { readDatasetText } from './dataset-text.ts';
import { tokenizerFor, writeInitialModel } from './initial-model.ts';
import { loadSplits, splitNames, type Splits } from './splits.ts';
import type { DataName, StageContext } from './stage-context.ts';

/** Puts everything that a run starts from into the store: problems, models, and shapes to train from scratch. */
export async function prepareData(context: StageContext<'data'>): Promise<StageResults['data']> {
  const { settings: config, artifacts, task, services } = context;
  // A run whose outcomes nobody could judge is refused before anything is computed.
  createJudge(task, services.executor);
  const splits = await loadSplits(config, task);
  const outputs: Outputs = {};
  for (const name of splitNames(splits)) {
    const problems = splits[name] ?? [];
    if (problems.length > 0) outputs[name] = (await putRecords(artifacts, problems)).digest;
  }
  const sources = await dataSources(config);
  if (sources.length > 0) outputs[SOURCES] = (await putRecords(artifacts, sources)).digest;
  await addExemplars(context, outputs, splits.test);
  await addModel(context, outputs, 'policy', config.policy);
  if (config.simulator !== undefined && usesSimulator(config) && config.simulator.model !== 'policy') {
    await addModel(context, outputs, 'simulator', config.simulator);
  }
  if (planRun(config).some(({ kind }) => kind === 'train-verifier')) {
    for (const base of verifierBases(config)) await addFolder(context, outputs, base);
  }
  return { outputs, counts: countsOf(splits), figures: {} };
}

type Outputs = { -readonly [N in DataName]?: string };

function countsOf(splits: Splits): StageResults['data']['counts'] {
  const counts = splitNames(splits).map((name) => [name, splits[name]?.length ?? 0]);
  return Object.fromEntries(counts) as StageResults['data']['counts'];
}

/** Whether anything in the run's plan asks the simulator. */
function usesSimulator(config: RunConfig): boolean {
  return planRun(config).some(({ simulatorFrom }) => simulatorFrom !== undefined);
}

/** Worked examples for the few-shot row. */
async function addExemplars(
  { artifacts, settings: config, task }: StageContext<'data'>,
  outputs: Outputs,
  test: readonly Problem[],
): Promise<void> {
  const path = config.task.name === 'gsm8k' ? config.task.exemplars : undefined;
  if (path === undefined) return;
  const text = await readDatasetText(path, 'task.exemplars');
  const source = basename(path);
  requireAskable(task, test, { source, style: parseExemplars(text, source) });
  outputs.exemplars = (await putRecords(artifacts, [text])).digest;
}

type Origin = Partial<Pick<RunConfig['policy'], 'model' | 'initial'>>;

/** Stores the folder of a model, or, of policy and simulator, the folder of a shape as `<name>Config`. */
async function addModel(
  context: StageContext<'data'>,
  outputs: Outputs,
  name: 'policy' | 'simulator',
  { model, initial }: Origin,
): Promise<void> {
  if (model !== undefined) {
    await addFolder(context, outputs, { name, model });
  } else if (initial !== undefined) {
    const { artifacts, settings: config } = context;
    const tokenizer = tokenizerFor(config.task.name, `${name}.initial`);
    const folder = await mkdtemp(join(tmpdir(), 'sipf-shape-'));
    try {
      await writeInitialModel(folder, initial, tokenizer);
      outputs[`${name}Config`] = (await artifacts.putFolder(folder)).digest;
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

/** A folder that cannot be loaded is refused before anything is computed. */
async function addFolder(
  { artifacts }: StageContext<'data'>,
  outputs: Outputs,
  { name, model }: { readonly name: DataName; readonly model: string },
): Promise<void> {
  await inspectModelFolder(model);
  outputs[name] = (await artifacts.putFolder(model, isModelFile)).digest;
}
