import { BoundedWait, inTurns, Rounds, type Claim } from '@sipf/async';
import { errorReason, type common, type simulation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { GenerationRequest } from '@sipf/inference';
import { rolloutsToDecide, type Outcome } from '@sipf/method';
import { longestContinuation } from '@sipf/models';
import type { Judge } from '@sipf/outcomes';
import { readText, toRequest, type ServedGenerator } from '@sipf/serving';
import type { Task } from '@sipf/tasks';
import { DrawnPrefixes, type DrawnPrefix } from './drawn-prefixes.ts';
import { createOpenPath, type LabelledPath, type OpenPath } from './open-path.ts';
import { prefixesOf, prefixKey, rolledOut, samplingKey } from './prefix.ts';
import type { RolloutCache } from './rollout-cache.ts';

/** How paths are labelled. */
export interface LabelSettings {
  readonly task: Task;
  /** The task's judge. */
  readonly judge: Judge;
  /** tau of Eq. 2. */
  readonly tau: number;
  /** Draws only the roll-outs that the hard label needs; soft labels then rest on fewer. */
  readonly stopWhenDecided: boolean;
  /** `n` is the number of roll-outs N. */
  readonly sampling: common.SamplingSettings;
  readonly signal: AbortSignal;
  /** Whose turn it is when several requests wait. @default anyone's */
  readonly claim?: Claim;
  /** Longest wait for the verdict on one roll-out. */
  readonly judgeTimeoutMs: number;
}

/** A simulator and its known outcomes. */
export interface Simulator extends Pick<ServedGenerator, 'generator' | 'tokenizer'> {
  /** The simulator's model. */
  readonly model: common.ModelRef;
  readonly cache: RolloutCache;
}

/** Roll-outs that may wait for their verdicts while others are drawn. */
const maxUnjudged = 256;

/**
 * Eq. 2: completes every prefix of every path N times and judges the ends. Yields a path once its last roll-out has
 * ended; a path of one step needs none. The roll-outs of a prefix are the samples of its text with the key
 * {@link samplingKey}, drawn at once or, to stop when the label is decided, in rounds; paths that share a prefix share them.
 * A prefix that fills the model's longest sequence has no roll-outs; a path with one that the tokenizer cannot read has an
 * error instead of labels.
 * @throws SipfError as Generator.generate and Judge.outcome do
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
  const rounds = new Rounds(inTurns(toDraw(simulator, paths, { settings, prefixes, finished }), signal));
  const pending: DrawnPrefix[] = [];
  /** Encodes prefixes when the generator takes them: all those of a large request at once would not fit into memory. */
  async function* orders(): AsyncGenerator<GenerationRequest> {
    for await (const drawn of rounds) {
      const { order, error } = await toRound(simulator, drawn, sampling);
      if (order !== undefined) {
        pending.push(drawn);
        yield order;
        continue;
      }
      if (error === undefined) prefixes.giveUp(drawn);
      else prefixes.refuse(drawn, error);
      rounds.done();
    }
  }
  const bounds = { signal, timeoutMs: judgeTimeoutMs };
  const verdicts = new BoundedWait(maxUnjudged);
  for await (const { requestIndex, sampleIndex, text, tokenCount: tokens } of generator.generate(orders(), {
    signal,
    claim,
  })) {
    const drawn = pending[requestIndex] as DrawnPrefix;
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

/** The number of further roll-outs that a prefix needs. */
function moreOf({ stopWhenDecided, tau, sampling: { n } }: LabelSettings) {
  return (outcomes: readonly Outcome[]): number =>
    stopWhenDecided ? rolloutsToDecide(outcomes, { rollouts: n, tau }) : n - outcomes.length;
}

/** Every prefix to draw, once. */
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
  for (const path of paths) {
    const open = createOpenPath(path, (complete) => finished.push(complete));
    for (const prefix of prefixesOf(settings.task, path)) {
      const drawn = prefixes.ask(prefix, prefixKey(prefix, { ...settings, model }), open);
      if (drawn !== undefined) yield drawn;
    }
  }
}

/** An order, or why its text cannot be read, or neither where the prefix leaves no room for a roll-out. */
interface Round {
  readonly order?: GenerationRequest;
  readonly error?: simulation.PathError;
}

async function toRound(
  simulator: Simulator,
  drawn: DrawnPrefix,
  sampling: common.SamplingSettings,
): Promise<Round> {
  const { prefix, first, round } = drawn;
  const { config } = simulator.generator.model;
  try {
    drawn.promptIds ??= await encodePrefix(simulator, prefix.text);
  } catch (error) {
    // A fault of the tokenizer itself concerns every path.
    if (!(error instanceof SipfError) || error.kind !== 'invalid-argument') throw error;
    return { error: { reason: errorReason(error.reason), message: error.message } };
  }
  const { promptIds } = drawn;
  const longest = longestContinuation(config, promptIds?.length ?? 0);
  if (promptIds === undefined || promptIds.length >= longest) return {};
  const prompt = { key: samplingKey(prefix), promptIds, promptText: prefix.text, longest };
  return { order: { ...toRequest(prompt, { ...sampling, n: round }), firstSampleIndex: first } };
}

function encodePrefix(
  { generator, tokenizer }: Simulator,
  text: string,
): Promise<readonly number[] | undefined> {
  const maxTokens = generator.model.config.maxPositionEmbeddings - 1;
  return readText(tokenizer, text, { field: 'prompt and steps', maxTokens });
}
