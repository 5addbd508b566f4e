import type { Cell, DataTable } from '@sipf/figures';
import type { ReportedRun, ReportedStage } from '../runs/reported-run.ts';

/** What computed every stage; none of stages that no engine computes, or whose log does not say. */
export function engineTable(runs: readonly ReportedRun[]): DataTable {
  return {
    id: 'engines',
    title: 'Engines by stage',
    columns: [
      { key: 'run', title: 'run' },
      { key: 'stage', title: 'stage' },
      { key: 'engine', title: 'engine' },
      { key: 'version', title: 'version' },
      { key: 'precision', title: 'precision' },
      { key: 'device', title: 'device' },
      { key: 'model', title: 'model' },
    ],
    rows: runs.flatMap((run) => run.stages.flatMap((stage) => engineRow(run.id, stage))),
    note: 'The model is what a stage asked or, of a training, made; the engine named engine is this program’s own.',
  };
}

function engineRow(run: string, { id, engine, model = '' }: ReportedStage): Cell[][] {
  if (engine === undefined) return [];
  const { kind, version, precision, processes, sharding } = engine;
  const shared =
    processes === undefined ? '' : ` x ${processes}${sharding === undefined ? '' : ` ${sharding}`}`;
  return [[run, id, `${kind}${shared}`, version, precision, engine.device, model]];
}
