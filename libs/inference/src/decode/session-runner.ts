import { kindOf, type DeviceName } from '@sipf/contracts/devices';
import { dependsOnLength } from '@sipf/models';
import {
  bestSteps,
  computesNothing,
  keepsOutputs,
  type SessionOptions,
} from '../session/execution-provider.ts';
import type { Placement } from '../session/placement.ts';
import { AdaptedSessions } from '../weights/adapted-sessions.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import type { OpenAdapter } from '../weights/open-adapter.ts';
import { lengthBucket, rowsPerBatch } from './buckets.ts';
import { cacheNames, nextCacheName } from './cache-names.ts';
import { DecodeBatch, type BatchModel } from './decode-batch.ts';
import { buildDecoderGraph, needsKeyPositions } from './decoder-graph.ts';
import type { DecoderRunner, UnreadPrompt, ReadPrompt } from './decoder-runner.ts';
import { DeviceMover } from './device-keys.ts';
import { prefillPrompts } from './prefill.ts';
import { emptyPromptCache, type PromptCache } from './prompt-cache.ts';
import { buildRepeatedGraph } from './repeated-graph.ts';

/** Tokens of one prefill, padding included, and the most prompts in it. */
const PREFILL_TOKENS = 256;
const PREFILL_MOST_ROWS = 8;
/** 128 MiB. */
const PREFILL_LOGITS = 1 << 25;

/** How a runner is laid out. */
export interface RunnerOptions extends SessionOptions {
  /** Most rows of a decode batch. */
  readonly slots: number;
  /** Tokens that a row gets in one run at most; undefined for what the device does best. */
  readonly stepsPerRun?: number | undefined;
}

/** Loads the model's weights into a session that reads prompts and continues them. */
export async function createSessionRunner(
  weights: DecoderWeights,
  { slots, stepsPerRun, ...session }: RunnerOptions,
): Promise<SessionRunner> {
  const { config } = weights;
  const { device = 'cpu' } = session;
  const keepsKeys = keepsOutputs(device);
  const steps = keepsKeys ? 1 : (stepsPerRun ?? bestSteps(device));
  const keptOutputs = keepsKeys ? cacheNames(config.numHiddenLayers, nextCacheName) : [];
  const sessions: DecoderSessions = new AdaptedSessions({
    config,
    session: { ...session, keptOutputs },
    // What stays on the device is the session's: it may not give way to another that takes adapters.
    takesAdapters: keepsKeys,
    build: (_kind, form) =>
      steps > 1 ? buildRepeatedGraph(weights, form) : buildDecoderGraph(weights, form, keepsKeys),
  });
  await sessions.prepare('decode');
  const model = { ...batchModel(weights, device), repeats: steps > 1 };
  const mover = keepsKeys ? await DeviceMover.open(model.shape, device) : undefined;
  return new SessionRunner({ sessions, model: { ...model, mover }, slots, stepsPerRun: steps, device });
}

type DecoderSessions = AdaptedSessions<'decode'>;

interface RunnerParts {
  readonly sessions: DecoderSessions;
  readonly model: BatchModel;
  readonly slots: number;
  readonly stepsPerRun: number;
  readonly device: DeviceName;
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

  get stepsPerRun(): number {
    return this.#parts.stepsPerRun;
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

  /** Reads a prompt of one token on a device to see where it is computed. */
  async placement(): Promise<Placement | undefined> {
    const { device, sessions } = this.#parts;
    if (kindOf(device) === 'cpu') return undefined;
    await this.prefill([{ ids: [0], wanted: undefined }], lengthBucket(1));
    return sessions.placement('decode');
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
  async close(): Promise<void> {
    const { sessions, model } = this.#parts;
    await sessions.close();
    await model.mover?.close();
  }
}

function batchModel(
  { config, quantisation }: DecoderWeights,
  device: DeviceName,
): Omit<BatchModel, 'repeats' | 'mover'> {
  const { numAttentionHeads, numHiddenLayers: layers, numKeyValueHeads: heads, headDim, vocabSize } = config;
  return {
    shape: { layers, heads, headDim },
    vocabSize,
    mostLogits: PREFILL_LOGITS,
    queriesPerHead: numAttentionHeads / heads,
    keyPositions: needsKeyPositions(config),
    rowLengths: dependsOnLength(config),
    leastRows: quantisation === 'none' ? 1 : 2,
    fewestChoices: computesNothing(device) ? 0 : 1,
  };
}
