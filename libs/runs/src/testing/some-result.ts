import { z } from 'zod';
import { kindOfStage, rowOf } from '../plan/stage-kinds.ts';
import type { StageResult } from '../plan/stage-results.ts';

/** What a stage might have left: the given parts, and of whatever else its kind leaves always a digest of zeros or 0. */
export function someResult(stage: string, parts: Partial<StageResult> = {}): StageResult {
  const kind = kindOfStage(stage);
  if (kind === undefined) throw new RangeError(`no kind of stage is called ${stage}`);
  const { outputs, counts, figures } = rowOf(kind);
  return {
    outputs: { ...filled(outputs, `sha256:${'0'.repeat(64)}`), ...parts.outputs },
    counts: { ...filled(counts, 0), ...parts.counts },
    figures: { ...filled(figures, 0), ...parts.figures },
  };
}

function filled<T>(schema: z.ZodType, value: T): Record<string, T> {
  if (!(schema instanceof z.ZodObject)) return {};
  const needed = Object.entries(schema.shape).filter(([, one]) => !(one instanceof z.ZodOptional));
  return Object.fromEntries(needed.map(([name]) => [name, value]));
}
