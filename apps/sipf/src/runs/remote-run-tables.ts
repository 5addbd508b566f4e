import { orchestration } from '@sipf/contracts';
import { markdownTable, percent } from '@sipf/figures';
import { textTable } from './text-table.ts';

/** `running`, `succeeded`, ... */
export function stateName(state: orchestration.RunState): string {
  return orchestration.runStateToJSON(state).replace('RUN_STATE_', '').toLowerCase();
}

/** The runs of an orchestrator, a line each. */
export function listRemoteRuns(runs: readonly orchestration.Run[]): string {
  const rows = runs.map((run) => [run.id, stateName(run.state), startOf(run), run.stage]);
  return textTable(['run', 'state', 'started', 'stage'], rows);
}

/** One run of an orchestrator and its results so far. */
export function describeRemoteRun(run: orchestration.Run): string {
  const lines = [`run ${run.id}: ${stateName(run.state)}, started ${startOf(run)}`];
  if (run.stage !== '') lines.push(`at work: ${run.stage}`);
  if (run.failure !== '') lines.push(`failure: ${run.failure}`);
  return [...lines, ...(run.results.length === 0 ? [] : ['', resultsTable(run.results)])].join('\n');
}

/** The results as the Markdown table that the run's folder has. */
export function resultsTable(results: readonly orchestration.EvaluationResult[]): string {
  const rows = results.map(({ method, correct, total, intervalLow, intervalHigh }) => {
    const accuracy = total === 0 ? '' : percent(correct / total);
    return [method, accuracy, `${percent(intervalLow)} - ${percent(intervalHigh)}`, `${correct} / ${total}`];
  });
  return markdownTable(['method', 'accuracy', '95 % interval', 'right'], rows);
}

/** A run for programs: numbers and names instead of messages. */
export function remoteRunJson(run: orchestration.Run): Record<string, unknown> {
  const { id, stage, iteration, failure, startedAt } = run;
  const results = run.results.map(({ method, correct, total, intervalLow, intervalHigh, figures, model }) => {
    const interval = { low: intervalLow, high: intervalHigh };
    return {
      method,
      correct,
      total,
      ...interval,
      figures,
      model: model?.digest,
      adapter: model?.adapterDigest,
    };
  });
  return { id, state: stateName(run.state), stage, iteration, failure, startedAt, results };
}

function startOf({ startedAt }: orchestration.Run): string {
  return startedAt?.toISOString().slice(0, 16).replace('T', ' ') ?? '';
}
