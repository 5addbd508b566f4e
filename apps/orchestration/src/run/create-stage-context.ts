import {
  DATA,
  nameOfProgram,
  openJournal,
  layoutIn,
  stageSettings,
  visibleData,
  type Stage,
  type StageResult,
  type StepMetrics,
} from '@sipf/runs';
import { taskNamed } from '@sipf/tasks';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageContext } from '../stages/stage-context.ts';
import { fencedStore } from './fenced-store.ts';
import type { StageOptions } from './stage-options.ts';

/**
 * What a stage may use: of the configuration and of earlier results only what its identity covers.
 * @param curve where the metrics of a training are kept, from its first step on
 */
export function createStageContext(options: StageOptions, curve: StepMetrics[]): StageContext {
  const { run, stage, results, metrics, signal, folder, artifacts, services, program } = options;
  const { config, runId, programs, engines } = run.state;
  const { lease } = run;
  const stagesFolder = layoutIn(folder).stages;
  return {
    runId,
    stage,
    settings: stageSettings(stage, config),
    ...{ seed: config.seed, limits: config.limits },
    task: taskNamed(config.task.name),
    artifacts: fencedStore(artifacts, lease),
    services,
    signal,
    lease,
    folder,
    result: (id) => visibleResult(stage, id, results),
    results,
    programs,
    engines,
    openJournal: async () => {
      await mkdir(stagesFolder, { recursive: true });
      return await openJournal(join(stagesFolder, `${stage.id}.jsonl`), nameOfProgram(program), lease);
    },
    progress: (done, total, figures = {}) => {
      run.report({ stage: stage.id, iteration: stage.iteration, done, total, figures });
    },
    recordMetrics: (step, values) => {
      curve.push({ step, values });
      metrics.record(stage.id, step, values);
    },
  };
}

/** @throws RangeError for a stage that this one does not come after */
function visibleResult(stage: Stage, id: string, results: ReadonlyMap<string, StageResult>): StageResult {
  const result = stage.after.includes(id) ? results.get(id) : undefined;
  if (result === undefined) throw new RangeError(`stage ${stage.id} does not come after ${id}`);
  return id === DATA ? { ...result, outputs: visibleData(stage, result.outputs) } : result;
}
