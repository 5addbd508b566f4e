import type { common, simulation } from '@sipf/contracts';
import type { Claim } from '@sipf/inference';
import type { Judge } from '@sipf/outcomes';
import { rolloutsToDecide, type Outcome } from '@sipf/method';
import { longestContinuation } from '@sipf/models';
import { encodeText, inTurns, toOrder, type ServedGenerator, type TextOrder } from '@sipf/serving';
import type { Task } from '@sipf/tasks';
import { BoundedWait } from '@sipf/async';
import { DrawnPrefixes, type DrawnPrefix } from './drawn-prefixes.ts';
import { createOpenPath, type LabelledPath, type OpenPath } from './open-path.ts';
import { prefixesOf, prefixKey, rolledOut, samplingKey } from './prefix.ts';
import type { RolloutCache } from './rollout-cache.ts';
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
  /** Whose turn it is when several requests wait. @default anyone's */
  readonly claim?: Claim;
  /** Longest wait for the verdict on one roll-out. */
  readonly judgeTimeoutMs: number;
}

/** A simulator and what it has drawn. */
export interface Simulator extends Pick<ServedGenerator, 'generator' | 'tokenizer'> {
  /** Which model that is. */
  readonly model: common.ModelRef;
  readonly cache: RolloutCache;
}

/** Roll-outs that may wait for their verdicts while others are drawn. */
const maxUnjudged = 256;

/**
 * Eq. 2: completes every prefix of every path N times and judges the ends. A path is given once its last roll-out has
 * ended; a path of one step needs none. The roll-outs of a prefix are the samples of its text with the key
 * {@link samplingKey}, drawn at once or, to stop when the label is decided, in rounds; paths that share a prefix share them.
 * A prefix that fills the model's longest sequence has no roll-outs.
 * @throws SipfError as encodeText, Generator.generate and Judge.outcome do
 */
export async function* labelPaths(
  simulator: Simulator,
  paths: readonly simulation.PathToLabel[],
  settings: LabelSettings,
): AsyncGenerator<LabelledPath> {
  const { generator, cache } = simulator;
  const { task, judge, tau, sampling, signal, claim, judgeTimeoutMs } = settings;
  const finished: OpenPath[] = [];
  const prefixes = new DrawnPrefixes(cache, moreOf(settings));
  const rounds = createRounds(inTurns(toDraw(simulator, paths, { settings, prefixes, finished }), signal));
  const asked: DrawnPrefix[] = [];
  /** Made as the generator takes them: all prefixes of a large request at once would not fit into memory. */
  async function* orders(): AsyncGenerator<TextOrder> {
    for await (const drawn of rounds) {
      const order = toRound(simulator, drawn, sampling);
      if (order === undefined) {
        prefixes.giveUp(drawn);
        rounds.done();
      } else {
        asked.push(drawn);
        yield order;
      }
    }
  }
  const bounds = { signal, timeoutMs: judgeTimeoutMs };
  const verdicts = new BoundedWait(maxUnjudged);
  for await (const { requestIndex, sampleIndex, text, tokenCount: tokens } of generator.generate(orders(), {
    signal,
    claim,
  })) {
    const drawn = asked[requestIndex] as DrawnPrefix;
    const counted = judge.outcome(rolledOut(task, drawn.prefix, text), bounds).then((outcome) => {
      const next = prefixes.count(drawn, { sampleIndex, outcome, tokens });
      if (next === 'again') rounds.again(drawn);
      if (next === 'done') rounds.done();
    });
    counted.catch((error: unknown) => {
      rounds.fail(error);
    });
    await verdicts.add(counted);
    for (const path of finished.splice(0)) yield path.labels(tau);
  }
  await verdicts.all();
  for (const path of finished) yield path.labels(tau);
}

/** How many further roll-outs a prefix needs. */
function moreOf({ stopWhenDecided, tau, sampling: { n } }: LabelSettings) {
  return (outcomes: readonly Outcome[]): number =>
    stopWhenDecided ? rolloutsToDecide(outcomes, { rollouts: n, tau }) : n - outcomes.length;
}

/** Every prefix that is to be drawn, once. */
function* toDraw(
  { model }: Simulator,
  paths: readonly simulation.PathToLabel[],
  request: {
    readonly settings: LabelSettings;
    readonly prefixes: DrawnPrefixes;
    /** Takes the paths whose last prefix is known. */
    readonly finished: OpenPath[];
  },
): Generator<DrawnPrefix> {
  const { settings, prefixes, finished } = request;
  for (const [at, path] of paths.entries()) {
    const open = createOpenPath(path, (complete) => finished.push(complete));
    for (const prefix of prefixesOf(settings.task, path, at)) {
      const drawn = prefixes.ask(prefix, prefixKey(prefix, { ...settings, model }), open);
      if (drawn !== undefined) yield drawn;
    }
  }
}

/** A round of roll-outs as an order; undefined where the prefix leaves no room for any. */
function toRound(
  { generator, tokenizer }: Simulator,
  drawn: DrawnPrefix,
  sampling: common.SamplingSettings,
): TextOrder | undefined {
  const { prefix, first, round } = drawn;
  const { config } = generator.model;
  const place = { field: `paths[${prefix.at}].steps`, maxTokens: config.maxPositionEmbeddings - 1 };
  drawn.promptIds ??= encodeText(tokenizer, prefix.text, place);
  const longest = longestContinuation(config, drawn.promptIds?.length ?? 0);
  if (drawn.promptIds === undefined || drawn.promptIds.length >= longest) return undefined;
  const { promptIds } = drawn;
  const prompt = { key: samplingKey(prefix), promptIds, promptText: prefix.text, longest };
  return { ...toOrder(prompt, { ...sampling, n: round }), firstSampleIndex: first };
}
