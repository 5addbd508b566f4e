import type { common, simulation } from '@sipf/contracts';
import type { JudgedText } from '@sipf/outcomes';
import type { Task } from '@sipf/tasks';
import { createHash } from 'node:crypto';

/** The first steps of a path, which the simulator completes (Eq. 2: q, s_1..t). */
export interface Prefix {
  readonly path: simulation.PathToLabel;
  /** Index of its last step. */
  readonly step: number;
  /** What a roll-out continues. */
  readonly text: string;
}

/** Every prefix of a path but the whole. */
export function* prefixesOf(task: Task, path: simulation.PathToLabel): Generator<Prefix> {
  for (let step = 0; step < path.steps.length - 1; step++) {
    yield { path, step, text: path.prompt + stepsText(task, path, step + 1) };
  }
}

/** The key of a prefix's roll-outs among samples: they are those of its text, whichever path it stands in. */
export function samplingKey({ text }: Prefix): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Everything but their number that the outcomes of a prefix's roll-outs are a function of. */
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
  // A roll-out of a program is judged with the steps before it, and these are part of the text.
  const own = task.domain === 'code' ? stepsText(task, path, step + 1) : '';
  const parts = [task.name, model, settings, path.goldAnswer, path.preamble, text, own];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

/** What a roll-out is judged by: math, the answer that it comes to itself; code, the whole program. */
export function rolledOut(task: Task, { path, step }: Prefix, text: string): JudgedText {
  const { goldAnswer: answer, preamble } = path;
  const whole = task.domain === 'code' ? stepsText(task, path, step + 1) + text : text;
  return { problem: { answer, preamble }, text: whole };
}

/** A program's blank lines are part of it. */
function stepsText(task: Task, { steps }: simulation.PathToLabel, count: number): string {
  const lineOf = (step: string): string => {
    if (task.domain === 'code' && step.endsWith('\n')) return step;
    return `${step.replace(/\n+$/, '')}\n`;
  };
  return steps.slice(0, count).map(lineOf).join('');
}
