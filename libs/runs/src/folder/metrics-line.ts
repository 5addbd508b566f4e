/** One line of metrics.jsonl; a value that is no number is null there. */
export interface MetricsLine {
  readonly stage: string;
  readonly step: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** What a line says; undefined for a damaged one. */
export function parseMetricsLine(text: string): MetricsLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { stage, step, ...values } = value as Record<string, unknown>;
    const isNumbers = Object.values(values).every((one) => one === null || typeof one === 'number');
    // What is no UTF-8 was replaced by this sign when it was read.
    if (typeof stage !== 'string' || text.includes('\ufffd') || !isNumbers) return undefined;
    if (!Number.isSafeInteger(step) || (step as number) < 1) return undefined;
    return { stage, step: step as number, values: values as MetricsLine['values'] };
  } catch {
    return undefined;
  }
}
