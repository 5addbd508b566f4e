import type { CurvePoint } from '@sipf/reporting';
import { z } from 'zod';
import { readWholeLines } from './read-json-lines.ts';

const point = z.looseObject({ stage: z.string(), step: z.number() });

/** The metrics of a run's training steps, by stage; metrics that are no numbers are left out. */
export async function readCurves(path: string): Promise<ReadonlyMap<string, readonly CurvePoint[]>> {
  const curves = new Map<string, CurvePoint[]>();
  for (const line of await readWholeLines(path)) {
    const { stage, step, ...rest } = point.parse(line);
    const values = Object.entries(rest).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    const points = curves.get(stage) ?? [];
    points.push({ step, values: Object.fromEntries(values) });
    curves.set(stage, points);
  }
  return curves;
}
