import { z } from 'zod';
import { jsonNumber } from '../json-numbers.ts';

/** A line of metrics.jsonl: `{stage, step, ...values}`. */
const line = z
  .object({ stage: z.string(), step: z.int().min(1) })
  .catchall(jsonNumber)
  .transform(({ stage, step, ...values }): MetricsLine => ({ stage, step, values }));

/** Metrics of one training step, by names like `loss`; NaN where there is no number. */
export interface StepMetrics {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/** The same with the stage that trains. */
export interface MetricsLine extends StepMetrics {
  readonly stage: string;
}

/** A step as its line, with the line break. */
export function metricsLine({ stage, step, values }: MetricsLine): string {
  return `${JSON.stringify({ stage, step, ...values })}\n`;
}

/** What a line says; undefined for a damaged one. */
export function parseMetricsLine(text: string): MetricsLine | undefined {
  // What is not UTF-8 was replaced by this sign when it was read.
  if (text.includes('\ufffd')) return undefined;
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
