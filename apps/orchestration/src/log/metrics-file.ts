import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';

/** metrics.jsonl of a run: `{stage, step, ...values}` a line, every step of every training stage once. */
export interface MetricsFile {
  /** Appends a step unless the file has it: a resumed stage tells its steps again. */
  record(stage: string, step: number, values: Readonly<Record<string, number>>): void;
}

/** Opens the file where an earlier attempt left it; a line torn by a kill is cut off. */
export function openMetricsFile(path: string): MetricsFile {
  const lastSteps = new Map<string, number>();
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
  let end = Buffer.byteLength(whole);
  for (const line of whole.split('\n').slice(0, -1)) {
    const { stage, step } = JSON.parse(line) as { stage: string; step: number };
    lastSteps.set(stage, step);
  }
  return {
    record: (stage, step, values) => {
      if (step <= (lastSteps.get(stage) ?? 0)) return;
      const line = `${JSON.stringify({ stage, step, ...values })}\n`;
      try {
        appendFileSync(path, line);
      } catch (error) {
        // Half of a line would spoil the next one.
        if (existsSync(path)) truncateSync(path, end);
        throw error;
      }
      end += Buffer.byteLength(line);
      lastSteps.set(stage, step);
    },
  };
}
