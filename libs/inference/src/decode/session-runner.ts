import { toOnnxModel } from '@sipf/graph';
import type { SamplingKind } from '../sampling/sampling-settings.ts';
import { openSession, sessionTensor, type Session, type SessionOptions } from '../session/session.ts';
import { rowsPerBatch } from './buckets.ts';
import { createDecodeBatch, MASKED, presentName, type DecodeBatch } from './decode-batch.ts';
import { buildDecodeGraph, buildPrefillGraph, type DecoderWeights } from './decode-graphs.ts';
import type { DecoderRunner } from './decoder-runner.ts';
import { emptyPromptCache, type CacheShape, type LayerCache, type PromptCache } from './prompt-cache.ts';

/** Tokens of one prefill, padding included, and the most prompts in it. */
const PREFILL_TOKENS = 256;
const PREFILL_MOST_ROWS = 8;

/** How a runner is laid out. */
export interface RunnerOptions extends SessionOptions {
  /** B of every decode batch. */
  readonly slots: number;
}

/** A runner that owns native sessions. */
export interface SessionRunner extends DecoderRunner {
  /** Frees the sessions; no step may be running. */
  close(): Promise<void>;
}

/** A runner over the model's weights; sessions are opened when they are first needed. */
export function createSessionRunner(weights: DecoderWeights, options: RunnerOptions): SessionRunner {
  return new OnnxDecoderRunner(weights, options);
}

class OnnxDecoderRunner implements SessionRunner {
  readonly slots: number;
  readonly #weights: DecoderWeights;
  readonly #options: RunnerOptions;
  readonly #shape: CacheShape;
  readonly #decoders = new Map<SamplingKind, Promise<Session>>();
  #prefiller: Promise<Session> | undefined;

  constructor(weights: DecoderWeights, options: RunnerOptions) {
    const { numHiddenLayers, numKeyValueHeads, headDim } = weights.config;
    this.slots = options.slots;
    this.#weights = weights;
    this.#options = options;
    this.#shape = { layers: numHiddenLayers, heads: numKeyValueHeads, headDim };
  }

  prefillRows(bucket: number): number {
    return rowsPerBatch(bucket, PREFILL_TOKENS, PREFILL_MOST_ROWS);
  }

  async prefill(prompts: readonly (readonly number[])[], bucket: number): Promise<PromptCache[]> {
    this.#prefiller ??= openSession(toOnnxModel(buildPrefillGraph(this.#weights)), this.#options);
    const session = await this.#prefiller;
    const rows = this.prefillRows(bucket);
    const inputIds = new BigInt64Array(rows * bucket);
    prompts.forEach((ids, row) => {
      ids.forEach((id, at) => (inputIds[row * bucket + at] = BigInt(id)));
    });
    const positionIds = BigInt64Array.from({ length: rows * bucket }, (_, index) => BigInt(index % bucket));
    const outputs = await session.run({
      inputIds: sessionTensor('int64', [rows, bucket], inputIds),
      positionIds: sessionTensor('int64', [rows, bucket], positionIds),
      attentionBias: sessionTensor('float32', [1, 1, bucket, bucket], causalBias(bucket)),
    });
    const layers = Array.from({ length: this.#shape.layers }, (_, layer) => ({
      key: outputs[presentName(layer, 'key')]?.data as Float32Array,
      value: outputs[presentName(layer, 'value')]?.data as Float32Array,
    }));
    return prompts.map((ids, row) => this.#cacheOf(layers, { row, bucket, length: ids.length }));
  }

  emptyCache(): PromptCache {
    return emptyPromptCache(this.#shape);
  }

  async createBatch(kind: SamplingKind, capacity: number): Promise<DecodeBatch> {
    const session = await this.#decoder(kind);
    return createDecodeBatch(session, this.#shape, { slots: this.slots, capacity });
  }

  async close(): Promise<void> {
    const opened = [...this.#decoders.values(), ...(this.#prefiller === undefined ? [] : [this.#prefiller])];
    this.#prefiller = undefined;
    this.#decoders.clear();
    await Promise.all(opened.map(async (session) => (await session).close()));
  }

  #decoder(kind: SamplingKind): Promise<Session> {
    const known = this.#decoders.get(kind);
    if (known !== undefined) return known;
    const opened = openSession(toOnnxModel(buildDecodeGraph(this.#weights, kind, this.slots)), this.#options);
    this.#decoders.set(kind, opened);
    return opened;
  }

  /** Cuts one prompt's real tokens out of a padded batch. */
  #cacheOf(
    layers: readonly LayerCache[],
    place: { row: number; bucket: number; length: number },
  ): PromptCache {
    const { heads, headDim } = this.#shape;
    const { row, bucket, length } = place;
    const cut = (batch: Float32Array): Float32Array => {
      const prompt = new Float32Array(heads * length * headDim);
      for (let head = 0; head < heads; head++) {
        const from = (row * heads + head) * bucket * headDim;
        prompt.set(batch.subarray(from, from + length * headDim), head * length * headDim);
      }
      return prompt;
    };
    return { length, layers: layers.map(({ key, value }) => ({ key: cut(key), value: cut(value) })) };
  }
}

/** float32 [T, T]: 0 where the key (column) is not after the query (row). */
export function causalBias(length: number): Float32Array {
  const bias = new Float32Array(length * length);
  for (let query = 0; query < length; query++) {
    bias.fill(MASKED, query * length + query + 1, (query + 1) * length);
  }
  return bias;
}
