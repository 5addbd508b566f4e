import type { RunRecord, StageRecord } from '@sipf/runs';
import { formatDuration, formatFigures } from '../progress/numbers.ts';
import { textTable } from './text-table.ts';

/** All runs, a line each. */
export function listRuns(runs: readonly RunRecord[]): string {
  const rows = runs.map((run) => [
    run.id,
    run.standing,
    run.config === undefined ? '' : `${run.config.method} on ${run.config.task.name}`,
    day(run.startedAt),
    run.standing === 'damaged' ? run.failure : currentStage(run),
  ]);
  return textTable(['run', 'state', 'what', 'started', 'stage'], rows);
}

/** One run: how it stands, its stages, and what to do about it. */
export function describeRun(run: RunRecord): string {
  const started = run.startedAt === '' ? '' : `, started ${day(run.startedAt)}`;
  const lines = [`run ${run.id}: ${run.standing}${started}`];
  if (run.failure !== '') lines.push(`${run.standing === 'running' ? 'now' : 'failure'}: ${run.failure}`);
  for (const otherCode of run.otherCode) lines.push(`resumed by other code: ${otherCode}`);
  const rows = run.stages.map((stage) => [
    stage.id,
    stateOf(stage, run),
    durationOf(stage),
    formatFigures({ ...stage.counts, ...stage.figures }),
  ]);
  lines.push('', textTable(['stage', 'state', 'time', 'counts and figures'], rows));
  const advice = adviceFor(run);
  return [...lines, ...(advice === undefined ? [] : ['', advice])].join('\n');
}

function currentStage(run: RunRecord): string {
  if (run.standing === 'succeeded') return '';
  const open = run.stages.filter(({ completedAt }) => completedAt === undefined).map(({ id }) => id);
  return open.join(', ');
}

function stateOf({ completedAt }: StageRecord, { standing }: RunRecord): string {
  if (completedAt !== undefined) return 'done';
  return standing === 'running' ? 'at work' : 'unfinished';
}

function durationOf({ startedAt, completedAt }: StageRecord): string {
  return completedAt === undefined ? '' : formatDuration(Date.parse(completedAt) - Date.parse(startedAt));
}

function adviceFor({ id, standing }: RunRecord): string | undefined {
  if (standing === 'damaged') return undefined;
  if (standing === 'running') return `stop it by \`sipf cancel ${id}\``;
  return standing === 'succeeded' ? undefined : `resume it with \`sipf resume ${id}\``;
}

/** `2026-01-31 23:59`, in the universal time of the log. */
function day(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
