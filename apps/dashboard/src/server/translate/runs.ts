import { browse, orchestration, type common } from '@sipf/contracts';
import type {
  Mark,
  Result,
  Run,
  RunNews,
  RunStateName,
  Stage,
  StageEngine,
  StageStateName,
} from '../../api/model.ts';

const { RunState } = orchestration;

const STATES: Readonly<Record<orchestration.RunState, RunStateName>> = {
  // An older server does not report who drives the run.
  [RunState.UNSPECIFIED]: 'interrupted',
  [RunState.RUNNING]: 'running',
  [RunState.SUCCEEDED]: 'succeeded',
  [RunState.FAILED]: 'failed',
  [RunState.CANCELLED]: 'cancelled',
  [RunState.INTERRUPTED]: 'interrupted',
  [RunState.DAMAGED]: 'damaged',
};

/** A run for the page. */
export function runOf(run: orchestration.Run): Run {
  const {
    method = '',
    seed = 0,
    task,
  } = JSON.parse(run.configJson) as {
    method?: string;
    seed?: number;
    task?: { name?: string };
  };
  return {
    id: run.id,
    state: STATES[run.state],
    stage: run.stage,
    iteration: run.iteration,
    startedAt: run.startedAt?.getTime(),
    failure: run.failure,
    method,
    task: task?.name ?? '',
    seed,
    results: run.results.map(resultOf),
  };
}

function resultOf(row: orchestration.EvaluationResult): Result {
  const { method, iteration, correct, total, intervalLow: low, intervalHigh: high, figures, dataset } = row;
  return { method, iteration, correct, total, low, high, figures, dataset };
}

const STAGE_STATES: Readonly<Record<browse.StageState, StageStateName>> = {
  [browse.StageState.UNSPECIFIED]: 'planned',
  [browse.StageState.PLANNED]: 'planned',
  [browse.StageState.RUNNING]: 'running',
  [browse.StageState.COMPLETED]: 'completed',
  [browse.StageState.BROKEN_OFF]: 'broken-off',
};

const DATASETS: Readonly<Record<browse.DatasetKind, Stage['dataset']>> = {
  [browse.DatasetKind.UNSPECIFIED]: undefined,
  [browse.DatasetKind.PATHS]: 'paths',
  [browse.DatasetKind.PAIRS]: 'pairs',
};

/** A stage for the page. */
export function stageOf(stage: browse.TimelineStage): Stage {
  const { id, kind, iteration, counts, figures } = stage;
  return {
    id,
    kind,
    iteration,
    state: STAGE_STATES[stage.state],
    startedAt: stage.startedAt?.getTime(),
    completedAt: stage.completedAt?.getTime(),
    counts,
    figures,
    dataset: DATASETS[stage.dataset],
    engine: stage.engine && engineOf(stage.engine),
    model: stage.model,
  };
}

/** Without its servers' addresses, which are in its device's words. */
function engineOf({ kind, version, precision, device, processes, sharding }: common.Engine): StageEngine {
  return { kind, version, precision, device, processes, sharding };
}

/** A boundary of an iteration for the page. */
export function markOf({ iteration, name, at, deliveredAt }: browse.IterationMark): Mark {
  return { iteration, name, at: at?.getTime() ?? 0, deliveredAt: deliveredAt?.getTime() };
}

/** News of a run for the page. */
export async function* newsOf(
  responses: AsyncIterable<orchestration.WatchRunResponse>,
): AsyncGenerator<RunNews> {
  for await (const { event } of responses) {
    switch (event?.$case) {
      case 'entry':
        yield { kind: 'entry' };
        break;
      case 'delivered':
        yield { kind: 'delivered' };
        break;
      case 'waiting':
        yield { kind: 'waiting', why: event.value.why };
        break;
      case 'progress': {
        const { stage, done, total, figures } = event.value;
        yield { kind: 'progress', stage, done: Number(done), total: Number(total), figures };
        break;
      }
      case 'ended':
        yield { kind: 'ended', run: runOf(event.value) };
        break;
      case undefined:
        break;
    }
  }
}
