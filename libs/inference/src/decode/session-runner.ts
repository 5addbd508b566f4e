import { toOnnxModel } from '@sipf/graph';
import { dependsOnLength, type DecoderConfig } from '@sipf/models';
import { openSession, type Session, type SessionOptions } from '../session/session.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import { rowsPerBatch } from './buckets.ts';
import { DecodeBatch, type BatchModel } from './decode-batch.ts';
import { buildDecoderGraph, needsKeyPositions } from './decoder-graph.ts';
import type { DecoderRunner } from './decoder-runner.ts';
import { prefillPrompts } from './prefill.ts';
import { emptyPromptCache, type PromptCache } from './prompt-cache.ts';

/** Tokens of one prefill, padding included, and the most prompts in it. */
const PREFILL_TOKENS = 256;
const PREFILL_MOST_ROWS = 8;

/** How a runner is laid out. */
export interface RunnerOptions extends SessionOptions {
  /** Most rows of a decode batch. */
  readonly slots: number;
}

/** A runner that owns a native session. */
export interface SessionRunner extends DecoderRunner {
  /** Frees the session; no step may be running. */
  close(): Promise<void>;
}

/** Loads the model's weights into a session that reads prompts and continues them. */
export async function createSessionRunner(
  weights: DecoderWeights,
  options: RunnerOptions,
): Promise<SessionRunner> {
  const { graph, external } = buildDecoderGraph(weights);
  const session = await openSession(toOnnxModel(graph), options, external);
  return new OnnxDecoderRunner(session, batchModel(weights.config), options.slots);
}

class OnnxDecoderRunner implements SessionRunner {
  readonly slots: number;
  readonly #session: Session;
  readonly #model: BatchModel;

  constructor(session: Session, model: BatchModel, slots: number) {
    this.slots = slots;
    this.#session = session;
    this.#model = model;
  }

  prefillRows(bucket: number): number {
    return rowsPerBatch(bucket, PREFILL_TOKENS, PREFILL_MOST_ROWS);
  }

  prefill(prompts: readonly (readonly number[])[], bucket: number): Promise<PromptCache[]> {
    return prefillPrompts(this.#session, this.#model, { prompts, bucket });
  }

  emptyCache(): PromptCache {
    return emptyPromptCache(this.#model.shape);
  }

  createBatch(): DecodeBatch {
    return new DecodeBatch(this.#session, this.#model);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

function batchModel(config: DecoderConfig): BatchModel {
  const { numAttentionHeads, numHiddenLayers: layers, numKeyValueHeads: heads, headDim } = config;
  return {
    shape: { layers, heads, headDim },
    queriesPerHead: numAttentionHeads / heads,
    keyPositions: needsKeyPositions(config),
    rowLengths: dependsOnLength(config),
  };
}
