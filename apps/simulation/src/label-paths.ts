import type { common, simulation } from '@sipf/contracts';
import type { GenerationRequest } from '@sipf/inference';
import { encodeText, inTurns, toOrder, type ServedGenerator } from '@sipf/serving';
import type { Task } from '@sipf/tasks';
import { createOpenPath, type LabelledPath, type OpenPath } from './open-path.ts';

/** How paths are labelled. */
export interface LabelSettings {
  /** Extracts and compares the answers. */
  readonly task: Task;
  /** tau of Eq. 2. */
  readonly tau: number;
  /** `n` is the number of roll-outs N. */
  readonly sampling: common.SamplingSettings;
  readonly signal: AbortSignal;
}

/** A prefix that is being completed. */
interface Prefix {
  readonly open: OpenPath;
  /** Index of the path in the request. */
  readonly at: number;
  /** Index of its last step. */
  readonly step: number;
}

/**
 * Eq. 2: completes every prefix of every path N times and compares the answers. A path is given once its last roll-out has
 * ended; a path of one step needs none. The roll-outs of the prefix that ends with step `i` are the samples of a prompt
 * with the key `<path id>/<i>`. A prefix that fills the model's longest sequence has no roll-outs.
 * @throws SipfError as encodeText and Generator.generate do
 */
export async function* labelPaths(
  { generator, tokenizer }: Pick<ServedGenerator, 'generator' | 'tokenizer'>,
  paths: readonly simulation.PathToLabel[],
  { task, tau, sampling, signal }: LabelSettings,
): AsyncGenerator<LabelledPath> {
  const longest = generator.model.config.maxPositionEmbeddings;
  const asked: Prefix[] = [];
  const finished: OpenPath[] = [];
  /** Made as the generator takes them: all prefixes of a large request at once would not fit into memory. */
  async function* orders(): AsyncGenerator<GenerationRequest> {
    for await (const prefix of inTurns(prefixesOf(paths, sampling.n, finished), signal)) {
      const { path } = prefix.open;
      const place = { field: `paths[${prefix.at}].steps`, maxTokens: longest - 1 };
      const promptIds = encodeText(tokenizer, prefixText(path, prefix.step + 1), place);
      if (promptIds === undefined) {
        if (prefix.open.skip(sampling.n)) finished.push(prefix.open);
        continue;
      }
      asked.push(prefix);
      yield toOrder({ key: `${path.id}/${prefix.step}`, promptIds, longest }, sampling);
    }
  }
  for await (const { requestIndex, text, tokenIds } of generator.generate(orders(), { signal })) {
    const { open, step } = asked[requestIndex] as Prefix;
    const { goldAnswer } = open.path;
    const right = task.isCorrect(
      { id: '', question: '', answer: goldAnswer },
      task.extractAnswer(text, 'strict'),
    );
    if (open.add(step, { outcome: right ? 'correct' : 'wrong', tokens: tokenIds.length }))
      finished.push(open);
    for (const path of finished.splice(0)) yield path.labels(tau);
  }
  for (const path of finished) yield path.labels(tau);
}

/** Every prefix that is to be completed; paths without any are finished at once. */
function* prefixesOf(
  paths: readonly simulation.PathToLabel[],
  rollouts: number,
  finished: OpenPath[],
): Generator<Prefix> {
  for (const [at, path] of paths.entries()) {
    const open = createOpenPath(path, rollouts);
    if (path.steps.length === 1) finished.push(open);
    for (let step = 0; step < path.steps.length - 1; step++) yield { open, at, step };
  }
}

/** The text up to the end of a step: what a roll-out continues. */
function prefixText({ prompt, steps }: simulation.PathToLabel, count: number): string {
  const lines = steps.slice(0, count).map((step) => `${step.replace(/\n+$/, '')}\n`);
  return prompt + lines.join('');
}
