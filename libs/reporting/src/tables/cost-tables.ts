import type { Cell, DataTable } from '@sipf/figures';
import { sumOf } from '../runs/accuracy-groups.ts';
import type { ReportedRun, ReportedStage } from '../runs/reported-run.ts';

/** What every stage of every run took. */
export function costTable(runs: readonly ReportedRun[]): DataTable {
  return {
    id: 'costs',
    title: 'Seconds and tokens by stage',
    columns: [
      { key: 'run', title: 'run' },
      { key: 'stage', title: 'stage' },
      { key: 'seconds', title: 'time', format: 'seconds' },
      { key: 'tokens', title: 'tokens', format: 'count' },
      { key: 'counted', title: 'counted' },
      { key: 'work', title: 'work' },
    ],
    rows: runs.flatMap((run) => [...run.stages.map((stage) => costRow(run.id, stage)), totalRow(run)]),
    note:
      'Tokens of the texts that a stage wrote, or was trained on in one epoch; ' +
      'those of roll-outs are not kept. Stages may have run side by side.',
  };
}

function costRow(run: string, { id, seconds, tokens, counts }: ReportedStage): Cell[] {
  const counted = tokens === undefined ? '' : tokens.isEstimate ? 'a part, scaled' : 'all';
  return [run, id, seconds, tokens?.tokens, counted, workOf(counts)];
}

function workOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function totalRow({ id, stages }: ReportedRun): Cell[] {
  const seconds = sumOf(stages.flatMap((stage) => stage.seconds ?? []));
  const tokens = stages.flatMap((stage) => stage.tokens?.tokens ?? []);
  return [id, 'all', seconds, tokens.length === 0 ? undefined : sumOf(tokens), '', ''];
}
