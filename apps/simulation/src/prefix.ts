import type { common, simulation } from '@sipf/contracts';
import type { JudgedText } from '@sipf/outcomes';
import type { Task } from '@sipf/tasks';
import { createHash } from 'node:crypto';

/** The first steps of a path, which the simulator completes (Eq. 2: q, s_1..t). */
export interface Prefix {
  readonly path: simulation.PathToLabel;
  /** Index of its last step. */
  readonly step: number;
  /** The text that a roll-out continues. */
  readonly text: string;
}

/** Every proper prefix of a path. */
export function* prefixesOf(task: Task, path: simulation.PathToLabel): Generator<Prefix> {
  for (let step = 0; step < path.steps.length - 1; step++) {
    yield { path, step, text: path.prompt + stepsText(task, path, step + 1) };
  }
}

/** The sampling key of a prefix's roll-outs, a function of its text: paths that share a prefix share its samples. */
export function samplingKey({ text }: Prefix): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Everything that the outcomes of a prefix's roll-outs depend on, except their number. */
export function prefixKey(
  { path, text, step }: Prefix,
  source: {
    readonly task: Task;
    readonly model: common.ModelRef;
    readonly sampling: common.SamplingSettings;
  },
): string {
  const { task, model, sampling } = source;
  const settings = { ...sampling, n: 0, seed: String(sampling.seed) };
  // A program's roll-out is judged together with the steps before it; the text already contains them.
  const own = task.domain === 'code' ? stepsText(task, path, step + 1) : '';
  const parts = [task.name, model, settings, path.goldAnswer, path.preamble, text, own];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

/** The text to judge a roll-out by: for math, its own answer; for code, the whole program. */
export function rolledOut(task: Task, { path, step }: Prefix, text: string): JudgedText {
  const { goldAnswer: answer, preamble } = path;
  const whole = task.domain === 'code' ? stepsText(task, path, step + 1) + text : text;
  return { problem: { answer, preamble }, text: whole };
}

/** Keeps blank lines: they are part of a program. */
function stepsText(task: Task, { steps }: simulation.PathToLabel, count: number): string {
  const lineOf = (step: string): string => {
    if (task.domain === 'code' && step.endsWith('\n')) return step;
    return `${step.replace(/\n+$/, '')}\n`;
  };
  return steps.slice(0, count).map(lineOf).join('');
}
