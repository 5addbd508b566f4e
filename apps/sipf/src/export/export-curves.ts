import { eventFile } from '@sipf/reporting';
import { readCurves, type RunLayout, type RunRecord } from '@sipf/runs';
import { join } from 'node:path';
import { writeWhole } from '../report/write-report.ts';

/**
 * Writes the training curves of a run as event files, a folder a stage, which TensorBoard shows as runs.
 * @returns the stages
 */
export async function exportCurves(run: RunRecord, { metrics }: RunLayout, out: string): Promise<string[]> {
  const curves = readCurves(metrics);
  const stages = new Map(run.stages.map((stage) => [stage.id, stage]));
  for (const [id, points] of curves) {
    const { startedAt = run.startedAt, completedAt = run.lastAt } = stages.get(id) ?? {};
    const [start, end] = [seconds(startedAt), seconds(completedAt)];
    const name = `events.out.tfevents.${Math.floor(start)}.sipf`;
    await writeWhole(join(out, id, name), eventFile({ points, startedAt: start, endedAt: end }));
  }
  return [...curves.keys()];
}

function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}
