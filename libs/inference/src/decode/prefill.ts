import { tokenLogProbs, type TokenLogProbs } from '../sampling/ranked-tokens.ts';
import { sessionTensor, type SessionTensor } from '../session/session.ts';
import type { AdaptedRun } from '../weights/adapted-sessions.ts';
import { layerCacheName, promptCacheName } from './cache-names.ts';
import type { BatchModel } from './decode-batch.ts';
import type { UnreadPrompt, ReadPrompt } from './decoder-runner.ts';
import { dispose } from './device-keys.ts';
import { MASKED } from './masked.ts';
import type { CacheShape, PromptCache } from './prompt-cache.ts';
import { READ_ONCE, repeatTensors } from './repeated-steps.ts';
import { choiceTensors, indices, NO_CHOICES, type Fewest } from './row-choices.ts';

/** Keys of the shared prompt and of the row's own past that a prefill does not see: the fewest that a shape may have. */
const [NO_PROMPT, NO_PAST] = [1, 1];

/**
 * Reads prompts from their beginning, right-padded to T = `bucket`; see buildDecoderGraph.
 * @param prompts none longer than `bucket`
 */
export async function prefillPrompts(
  run: AdaptedRun,
  model: BatchModel,
  { prompts, bucket }: { readonly prompts: readonly UnreadPrompt[]; readonly bucket: number },
): Promise<ReadPrompt[]> {
  const ids = prompts.map((prompt) => prompt.ids);
  const inputs = {
    ...tokens(ids, bucket),
    ...masks(model, prompts.length, bucket),
    ...nothingBefore(model, prompts.length),
    // The prompt's last token, which the first step reads, counts.
    ...(model.rowLengths && { rowLengths: indices(ids.map(({ length }) => length + 1)) }),
  };
  const wanted = wantedTokens(prompts, bucket);
  const most = Math.max(1, Math.floor(model.mostLogits / model.vocabSize));
  let present: Float32Array | undefined;
  for (let from = 0; from === 0 || from < wanted.length; from += most) {
    const some = wanted.slice(from, from + most);
    const outputs = await run({ ...inputs, ...headInputs(some, model.fewestChoices) });
    for (const output of Object.values(outputs)) dispose(output);
    present ??= outputs['present']?.data as Float32Array;
    readLogits(some, outputs['filteredLogits']?.data as Float32Array, model.vocabSize);
  }
  return prompts.map((prompt, row) => {
    const { length } = ids[row] as readonly number[];
    const cut = { rows: prompts.length, row, bucket, length };
    const logProbs = wanted.filter((token) => token.row === row).map(({ found }) => found as TokenLogProbs);
    return {
      cache: promptCache(present as Float32Array, model.shape, cut),
      logProbs: prompt.wanted === undefined ? undefined : logProbs,
    };
  });
}

/** A token of a prompt, and the one after it, whose log-probability is wanted. */
interface WantedToken {
  readonly row: number;
  /** Its index among the tokens of the run. */
  readonly at: number;
  readonly next: number;
  readonly top: number;
  found?: TokenLogProbs;
}

function wantedTokens(prompts: readonly UnreadPrompt[], bucket: number): WantedToken[] {
  return prompts.flatMap(({ wanted }, row) =>
    (wanted?.tokens ?? []).map((next, at) => ({ row, at: row * bucket + at, next, top: wanted?.top ?? 0 })),
  );
}

/** Asks for the logits after these tokens alone. */
function headInputs(wanted: readonly WantedToken[], fewest: Fewest): Record<string, SessionTensor> {
  const headRows = indices(
    wanted.map(({ at }) => at),
    fewest,
  );
  return { headRows, ...choiceTensors({ ...NO_CHOICES, ranked: [...wanted.keys()] }, fewest) };
}

function readLogits(wanted: readonly WantedToken[], logits: Float32Array, vocabSize: number): void {
  wanted.forEach((token, index) => {
    const own = logits.subarray(index * vocabSize, (index + 1) * vocabSize);
    token.found = tokenLogProbs(own, token.next, token.top);
  });
}

function tokens(prompts: readonly (readonly number[])[], bucket: number): Record<string, SessionTensor> {
  const rows = prompts.length;
  const inputIds = new BigInt64Array(rows * bucket);
  prompts.forEach((ids, row) => {
    ids.forEach((id, at) => (inputIds[row * bucket + at] = BigInt(id)));
  });
  const positionIds = BigInt64Array.from({ length: rows * bucket }, (_, index) => BigInt(index % bucket));
  return {
    inputIds: sessionTensor('int64', [rows, bucket], inputIds),
    positionIds: sessionTensor('int64', [rows, bucket], positionIds),
  };
}

function masks(model: BatchModel, rows: number, T: number): Record<string, SessionTensor> {
  const W = NO_PROMPT + T + NO_PAST;
  const bias = new Float32Array(rows * T * W).fill(MASKED);
  for (let query = 0; query < rows * T; query++) {
    const at = query * W + NO_PROMPT;
    bias.fill(0, at, at + (query % T) + 1);
  }
  const attentionBias = sessionTensor('float32', [rows, 1, T, W], bias);
  if (!model.keyPositions) return { attentionBias };
  const positions = BigInt64Array.from({ length: rows * W }, (_, index) =>
    BigInt(Math.max(0, (index % W) - NO_PROMPT)),
  );
  return { attentionBias, keyPositions: sessionTensor('int64', [rows, W], positions) };
}

function nothingBefore({ shape, mover, repeats }: BatchModel, rows: number): Record<string, SessionTensor> {
  const { layers, heads, headDim } = shape;
  const prompt = sessionTensor('float32', [1, heads, NO_PROMPT, headDim], new Float32Array(heads * headDim));
  const past = sessionTensor(
    'float32',
    [rows, heads, NO_PAST, headDim],
    new Float32Array(rows * heads * headDim),
  );
  const inputs: Record<string, SessionTensor> = {
    tileHeads: sessionTensor(
      'int64',
      [1, heads, 1],
      BigInt64Array.from({ length: heads }, (_, k) => BigInt(k)),
    ),
    rowTiles: indices(Array.from({ length: rows * heads }, (_, index) => index % heads)),
    ...(mover !== undefined && {
      newest: sessionTensor('bool', [rows, 1, NO_PAST, 1], new Uint8Array(rows)),
    }),
    ...(repeats && {
      ...repeatTensors(READ_ONCE, NO_CHOICES, rows),
      ownLengths: indices(Array<number>(rows).fill(0)),
    }),
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const part of ['key', 'value'] as const) {
      inputs[promptCacheName(layer, part)] = prompt;
      inputs[layerCacheName(layer, part)] = past;
    }
  }
  return inputs;
}

/** Cuts one prompt's real tokens out of [2 L B, K, T, Dh]. */
function promptCache(
  present: Float32Array,
  { layers, heads, headDim }: CacheShape,
  { rows, row, bucket, length }: { rows: number; row: number; bucket: number; length: number },
): PromptCache {
  const cut = (part: number): Float32Array => {
    const prompt = new Float32Array(heads * length * headDim);
    for (let head = 0; head < heads; head++) {
      const from = ((part * rows + row) * heads + head) * bucket * headDim;
      prompt.set(present.subarray(from, from + length * headDim), head * length * headDim);
    }
    return prompt;
  };
  const layerOf = (layer: number) => ({ key: cut(2 * layer), value: cut(2 * layer + 1) });
  return { length, layers: Array.from({ length: layers }, (_, layer) => layerOf(layer)) };
}
