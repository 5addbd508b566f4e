import { createGraph } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import {
  countingPositionIds,
  decoderForward,
  elementCount,
  lmHead,
  loadModelFolder,
  rightPaddedAttentionBias,
  tokenClassificationHead,
  type ModelFolder,
} from '@sipf/models';
import { storedParameters } from '@sipf/models/testing';

/** The logits of a folder's model after every token of each row, flat. */
export async function folderLogits(dir: string, rows: readonly (readonly number[])[]): Promise<number[][]> {
  const model = await loadModelFolder(dir);
  const logits: number[][] = [];
  for (const ids of rows) logits.push(await rowLogits(model, ids));
  model.close();
  return logits;
}

async function rowLogits({ config, tensors }: ModelFolder, ids: readonly number[]): Promise<number[]> {
  const graph = createGraph('logits');
  const inputIds = graph.input('ids', 'int64', [1, ids.length]);
  const known = new Map(tensors.names.map((name) => [name, tensors.float32(name)]));
  const parameters = storedParameters(graph, known);
  const { hidden } = decoderForward(config, parameters, {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
  });
  const head =
    config.head === 'lm'
      ? lmHead(config, parameters, hidden)
      : tokenClassificationHead(config, parameters, { hidden });
  graph.output('logits', head);
  const { logits } = await runGraph(graph, { ids: { shape: [1, ids.length], data: ids } });
  if (logits?.data.length !== elementCount(logits?.shape ?? [])) throw new Error('no logits');
  return [...logits.data];
}

/** The largest difference of two lists of logits; NaN where their lengths differ. */
export function largestDifference(
  found: readonly (readonly number[])[],
  wanted: readonly (readonly number[])[],
): number {
  const [one, other] = [found.flat(), wanted.flat()];
  if (one.length !== other.length) return NaN;
  return one.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (other[index] ?? NaN))), 0);
}
