import { dependsOnLength } from '@sipf/models';
import type { SessionOptions } from '../session/execution-provider.ts';
import { AdaptedSessions } from '../weights/adapted-sessions.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import type { OpenAdapter } from '../weights/open-adapter.ts';
import { rowsPerBatch } from './buckets.ts';
import { DecodeBatch, type BatchModel } from './decode-batch.ts';
import { buildDecoderGraph, needsKeyPositions } from './decoder-graph.ts';
import type { DecoderRunner, UnreadPrompt, ReadPrompt } from './decoder-runner.ts';
import { prefillPrompts } from './prefill.ts';
import { emptyPromptCache, type PromptCache } from './prompt-cache.ts';

/** Tokens of one prefill, padding included, and the most prompts in it. */
const PREFILL_TOKENS = 256;
const PREFILL_MOST_ROWS = 8;
/** 128 MiB. */
const PREFILL_LOGITS = 1 << 25;

/** How a runner is laid out. */
export interface RunnerOptions extends SessionOptions {
  /** Most rows of a decode batch. */
  readonly slots: number;
}

/** Loads the model's weights into a session that reads prompts and continues them. */
export async function createSessionRunner(
  weights: DecoderWeights,
  { slots, ...session }: RunnerOptions,
): Promise<SessionRunner> {
  const { config } = weights;
  const sessions: DecoderSessions = new AdaptedSessions({
    config,
    session,
    build: (_kind, form) => buildDecoderGraph(weights, form),
  });
  await sessions.prepare('decode');
  return new SessionRunner({ sessions, model: batchModel(weights), slots });
}

type DecoderSessions = AdaptedSessions<'decode'>;

interface RunnerParts {
  readonly sessions: DecoderSessions;
  readonly model: BatchModel;
  readonly slots: number;
  readonly adapter?: string | undefined;
}

/** A runner that owns native sessions. */
export class SessionRunner implements DecoderRunner {
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  get slots(): number {
    return this.#parts.slots;
  }

  prefillRows(bucket: number): number {
    return rowsPerBatch(bucket, PREFILL_TOKENS, PREFILL_MOST_ROWS);
  }

  prefill(prompts: readonly UnreadPrompt[], bucket: number): Promise<ReadPrompt[]> {
    const { sessions, model, adapter } = this.#parts;
    return prefillPrompts(sessions.runOf('decode', adapter), model, { prompts, bucket });
  }

  emptyCache(): PromptCache {
    return emptyPromptCache(this.#parts.model.shape);
  }

  createBatch(): DecodeBatch {
    const { sessions, model, adapter } = this.#parts;
    return new DecodeBatch(sessions.runOf('decode', adapter), model);
  }

  of(adapter: string | undefined): DecoderRunner {
    return new SessionRunner({ ...this.#parts, adapter });
  }

  /** Takes an adapter under a name, ready to run. */
  async attach(name: string, adapter: OpenAdapter): Promise<void> {
    const { sessions } = this.#parts;
    sessions.attach(name, adapter);
    await sessions.prepare('decode', name);
  }

  detach(name: string): Promise<void> {
    return this.#parts.sessions.detach(name);
  }

  /** Frees the sessions; no step may be running. */
  close(): Promise<void> {
    return this.#parts.sessions.close();
  }
}

function batchModel({ config, quantisation }: DecoderWeights): BatchModel {
  const { numAttentionHeads, numHiddenLayers: layers, numKeyValueHeads: heads, headDim, vocabSize } = config;
  return {
    shape: { layers, heads, headDim },
    vocabSize,
    mostLogits: PREFILL_LOGITS,
    queriesPerHead: numAttentionHeads / heads,
    keyPositions: needsKeyPositions(config),
    rowLengths: dependsOnLength(config),
    leastRows: quantisation === 'int4' ? 2 : 1,
  };
}
