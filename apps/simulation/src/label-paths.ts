import type { common, simulation } from '@sipf/contracts';
import type { GenerationRequest } from '@sipf/inference';
import type { Judge, JudgedText } from '@sipf/judging';
import { rolloutsToDecide, type Outcome } from '@sipf/method';
import { encodeText, inTurns, toOrder, type ServedGenerator } from '@sipf/serving';
import type { Task } from '@sipf/tasks';
import { BoundedWait } from './bounded-wait.ts';
import { createOpenPath, type LabelledPath, type OpenPath } from './open-path.ts';
import { countRollout, createOpenPrefix, type OpenPrefix } from './open-prefix.ts';
import { createRounds } from './rounds.ts';

/** How paths are labelled. */
export interface LabelSettings {
  readonly task: Task;
  /** The task's judge. */
  readonly judge: Judge;
  /** tau of Eq. 2. */
  readonly tau: number;
  /** Draws no roll-outs that the hard label does not need; soft labels then rest on fewer. */
  readonly stopWhenDecided: boolean;
  /** `n` is the number of roll-outs N. */
  readonly sampling: common.SamplingSettings;
  readonly signal: AbortSignal;
  /** Longest wait for the verdict on one roll-out. */
  readonly judgeTimeoutMs: number;
}

/** Roll-outs that may wait for their verdicts while others are drawn. */
const maxUnjudged = 256;

/**
 * Eq. 2: completes every prefix of every path N times and judges the ends. A path is given once its last roll-out has
 * ended; a path of one step needs none. The roll-outs of the prefix that ends with step `i` are the samples of a prompt
 * with the key `<path id>/<i>`, drawn at once or, to stop when the label is decided, in rounds. A prefix that fills the
 * model's longest sequence has no roll-outs.
 * @throws SipfError as encodeText, Generator.generate and Judge.outcome do
 */
export async function* labelPaths(
  { generator, tokenizer }: Pick<ServedGenerator, 'generator' | 'tokenizer'>,
  paths: readonly simulation.PathToLabel[],
  { task, judge, tau, stopWhenDecided, sampling, signal, judgeTimeoutMs }: LabelSettings,
): AsyncGenerator<LabelledPath> {
  const longest = generator.model.config.maxPositionEmbeddings;
  const finished: OpenPath[] = [];
  const asked: OpenPrefix[] = [];
  const more = (outcomes: readonly Outcome[]): number => {
    if (stopWhenDecided) return rolloutsToDecide(outcomes, { rollouts: sampling.n, tau });
    return sampling.n - outcomes.length;
  };
  const prefixes = createRounds(inTurns(prefixesOf(paths, more([]), finished), signal));
  /** Made as the generator takes them: all prefixes of a large request at once would not fit into memory. */
  async function* orders(): AsyncGenerator<GenerationRequest> {
    for await (const prefix of prefixes) {
      const { open, at, step, drawn, round } = prefix;
      const place = { field: `paths[${at}].steps`, maxTokens: longest - 1 };
      prefix.promptIds ??= encodeText(
        tokenizer,
        open.path.prompt + stepsText(task, open.path, step + 1),
        place,
      );
      const { promptIds } = prefix;
      if (promptIds === undefined) {
        if (open.closePrefix()) finished.push(open);
        prefixes.done();
        continue;
      }
      asked.push(prefix);
      const order = toOrder(
        { key: `${open.path.id}/${step}`, promptIds, longest },
        { ...sampling, n: round },
      );
      yield { ...order, firstSampleIndex: drawn };
    }
  }
  const bounds = { signal, timeoutMs: judgeTimeoutMs };
  const verdicts = new BoundedWait(maxUnjudged);
  for await (const { requestIndex, text, tokenIds } of generator.generate(orders(), { signal })) {
    const prefix = asked[requestIndex] as OpenPrefix;
    const { open, step } = prefix;
    const verdict = judge.outcome(rolledOut(task, open.path, { step, text }), bounds);
    const counted = verdict.then((outcome) => {
      const next = countRollout(prefix, { outcome, tokens: tokenIds.length }, more);
      if (next === 'again') prefixes.again(prefix);
      else if (prefix.awaited === 0) prefixes.done();
      if (next === 'path-complete') finished.push(open);
    });
    counted.catch((error: unknown) => {
      prefixes.fail(error);
    });
    await verdicts.add(counted);
    for (const path of finished.splice(0)) yield path.labels(tau);
  }
  await verdicts.all();
  for (const path of finished) yield path.labels(tau);
}

/** What a roll-out is judged by: math, the answer that it comes to itself; code, the whole program. */
function rolledOut(
  task: Task,
  path: simulation.PathToLabel,
  { step, text }: { readonly step: number; readonly text: string },
): JudgedText {
  const { goldAnswer: answer, preamble } = path;
  const whole = task.domain === 'code' ? stepsText(task, path, step + 1) + text : text;
  return { problem: { answer, preamble }, text: whole };
}

/** Every prefix that is to be completed, with the roll-outs of its first round; paths without any are finished at once. */
function* prefixesOf(
  paths: readonly simulation.PathToLabel[],
  rollouts: number,
  finished: OpenPath[],
): Generator<OpenPrefix> {
  for (const [at, path] of paths.entries()) {
    const open = createOpenPath(path);
    if (path.steps.length === 1) finished.push(open);
    for (let step = 0; step < path.steps.length - 1; step++) {
      yield createOpenPrefix({ open, at, step }, rollouts);
    }
  }
}

/** The first steps of a path: with its prompt, what a roll-out continues. A program's blank lines are part of it. */
function stepsText(task: Task, { steps }: simulation.PathToLabel, count: number): string {
  const lineOf = (step: string): string => {
    if (task.domain === 'code' && step.endsWith('\n')) return step;
    return `${step.replace(/\n+$/, '')}\n`;
  };
  return steps.slice(0, count).map(lineOf).join('');
}
