import { createSumReader, summedLine } from '@sipf/artifacts';
import { z } from 'zod';
import { jsonNumber } from '../json-numbers.ts';

/** A line of metrics.jsonl: `{stage, step, ...values, crc32}`. */
const line = z
  .object({ stage: z.string(), step: z.int().min(1), crc32: z.string().optional() })
  .catchall(jsonNumber)
  .transform(({ stage, step, crc32: _sum, ...values }): MetricsLine => ({ stage, step, values }));

/** Metrics of one training step, by names like `loss`; NaN where there is no number. */
export interface StepMetrics {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/** The same with the stage that trains. */
export interface MetricsLine extends StepMetrics {
  readonly stage: string;
}

/** A step as its line, with its checksum (`summedLine`) and the line break. */
export function metricsLine({ stage, step, values }: MetricsLine): string {
  return `${summedLine(JSON.stringify({ stage, step, ...values }))}\n`;
}

/** Reads the lines of one file in their order; undefined for a damaged one. Lines of before there were checksums come first. */
export function createMetricsReader(): (text: string) => MetricsLine | undefined {
  const sums = createSumReader(() => true);
  return (text) => (sums.faultOf(text) === undefined ? parseLine(text) : undefined);
}

function parseLine(text: string): MetricsLine | undefined {
  // What is not UTF-8 was replaced by this sign when it was read.
  if (text.includes('\ufffd')) return undefined;
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
