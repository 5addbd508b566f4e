import type { Cluster } from './cluster.ts';
import {
  activationBytes,
  adapterParameters,
  kvBytesPerToken,
  linearParameters,
  type ModelShape,
} from './model-shape.ts';
import type { PlannedPrecision } from './precision.ts';

/** A part of what a service keeps in memory. */
export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
  /** How it is computed, in words. */
  readonly how: string;
}

/** What a process holds before it has any tensor, of CUDA and PyTorch or of this program: assumptions. */
const CONTEXTS = {
  others: { what: 'CUDA and PyTorch', bytes: 1.5 * 1024 ** 3, how: 'assumed' },
  own: { what: 'the process', bytes: 0.25 * 1024 ** 3, how: 'assumed' },
} as const;
/** The share of a GPU that vLLM takes by default. */
const VLLM_SHARE = 0.9;

/**
 * Bytes of a weight that is quantised, its scales among them: each has a float32 for every 64, NF4 doubly quantised a byte and a
 * float32 for 256 of these.
 */
const BYTES_OF: Readonly<Record<string, number>> = {
  nf4: 0.5 + 4 / 64,
  'nf4-double': 0.5 + 1 / 64 + 4 / (64 * 256),
  int8: 1 + 4 / 64,
  int4: 0.5 + 4 / 64,
};

/**
 * Frozen weights: linear layers as they are quantised, all others in the element's bytes.
 */
export function weightBytes(shape: ModelShape, quantisation: string, bytes: number): MemoryPart {
  const packed = BYTES_OF[quantisation];
  if (packed === undefined)
    return {
      what: 'weights',
      bytes: shape.parameters * bytes,
      how: `${count(shape.parameters)} parameters x ${bytes} bytes`,
    };
  const linear = linearParameters(shape);
  return {
    what: `weights, ${quantisation}`,
    bytes: linear * packed + (shape.parameters - linear) * bytes,
    how:
      `${count(linear)} of linear layers x ${packed.toFixed(4)} bytes, ` +
      `${count(shape.parameters - linear)} others x ${bytes}`,
  };
}

/**
 * What a head keeps of logits: our engine those of all tokens and their gradients in float32, a piece of the vocabulary at a
 * time; TRL's (1.13 to 1.16) on GPUs one tile in the element's bytes.
 */
const HEADS = {
  own: { tokens: Infinity, entries: Infinity, copies: 2, bytes: 4 },
  others: { tokens: 4096, entries: 32_768, copies: 1, bytes: undefined },
} as const;

/** Whose process it is: an engine of others, or our own. */
type Host = keyof typeof CONTEXTS;

/** What is written by a training at a time. */
export interface TrainingLoad {
  readonly shape: ModelShape;
  readonly quantisation: string;
  /** Of a LoRA adapter; 0 where all parameters are trained. */
  readonly rank: number;
  /** Rows of one micro-batch of one process; a pair is two. */
  readonly rows: number;
  /** Longest row in tokens. */
  readonly tokens: number;
  readonly recomputeLayers: boolean;
  /** Whether the host's memory keeps what the backward pass needs of layers that are not at work. */
  readonly offload: boolean;
  /** Vocabulary entries whose logits are there at a time. */
  readonly vocabularyPiece: number;
  /** Bytes of an element of activations and frozen weights. */
  readonly bytes: number;
  /** Processes among which weights and states are divided; 1 where each has them whole. */
  readonly shards: number;
  /** Whether processes that have them whole add up their gradients: DDP's buckets hold these once more. */
  readonly buckets: boolean;
  readonly host: Host;
}

/**
 * Memory of one training process: frozen weights; trained elements x 16 bytes (float32 weight, gradient and both moments of
 * AdamW), and of DDP 4 more, its buckets of gradients; what the backward pass needs of every token and layer, or, where layers are recomputed, their inputs and one layer
 * whole; logits, as {@link HEADS} says.
 */
export function trainingMemory(load: TrainingLoad): MemoryPart[] {
  const { shape, rank, rows, tokens, bytes, shards } = load;
  const trained = rank > 0 ? adapterParameters(shape, rank) : shape.parameters;
  const weights = weightBytes(shape, load.quantisation, bytes);
  const frozen = rank > 0 ? [{ ...weights, bytes: weights.bytes / shards }] : [];
  const batch = rows * tokens;
  const layer = activationBytes(shape, bytes, rank);
  const whole = load.recomputeLayers ? shape.layers * shape.hiddenSize * bytes + layer : shape.layers * layer;
  const kept = load.offload ? layer : whole;
  return [
    ...frozen,
    {
      what: 'trained parameters',
      bytes: (trained * 16) / shards,
      how: `${count(trained)} x 16 bytes / ${shards} shards`,
    },
    ...(load.buckets
      ? [
          {
            what: "DDP's buckets of gradients",
            bytes: trained * 4,
            how: `${count(trained)} x 4 bytes: a copy that processes add up`,
          },
        ]
      : []),
    {
      what: 'activations',
      bytes: batch * kept,
      how:
        `${rows} rows x ${tokens} tokens x ${count(Math.round(kept))} ` +
        `bytes${load.recomputeLayers ? ', layers recomputed' : ''}` +
        (load.offload ? ", one layer's: all others in main memory" : ''),
    },
    logitsPart(load),
    CONTEXTS[load.host],
  ];
}

function logitsPart({ rows, tokens, vocabularyPiece, bytes, host }: TrainingLoad): MemoryPart {
  const head = HEADS[host];
  const held = Math.min(rows * tokens, head.tokens);
  const entries = Math.min(vocabularyPiece, head.entries);
  const each = head.copies * (head.bytes ?? bytes);
  return {
    what: 'logits',
    bytes: held * entries * each,
    how: `${count(held)} of ${rows} rows x ${tokens} tokens x ${count(entries)} entries x ${each} bytes`,
  };
}

/** What a server keeps at least. */
export interface ServingLoad {
  readonly shape: ModelShape;
  readonly precision: PlannedPrecision;
  /** Of the adapters that it takes; 0 for none. */
  readonly rank: number;
  /** Longest sequence in tokens, prompt and completion. */
  readonly tokens: number;
  readonly host: Host;
}

/**
 * Memory of a vLLM server: weights, one adapter of full rank, and keys and values of one longest sequence: the least that it
 * starts with.
 */
export function servingMemory({ shape, precision, rank, tokens, host }: ServingLoad): MemoryPart[] {
  const { bytes, words } = precision;
  const adapter = rank === 0 ? 0 : adapterParameters(shape, rank) * bytes;
  return [
    {
      what: `weights in ${words}`,
      bytes: shape.parameters * bytes,
      how: `${count(shape.parameters)} parameters x ${bytes} bytes of ${words}`,
    },
    ...(rank === 0
      ? []
      : [
          {
            what: `an adapter of rank ${rank}`,
            bytes: adapter,
            how: `rank x (in + out) of every linear layer x ${bytes} bytes`,
          },
        ]),
    {
      what: 'keys and values of one sequence',
      bytes: tokens * kvBytesPerToken(shape, bytes),
      how: `${tokens} tokens x ${count(kvBytesPerToken(shape, bytes))} bytes`,
    },
    CONTEXTS[host],
  ];
}

/** Sequences that fit beside weights: (room - what else is there) / (tokens x bytes of a token's keys and values). */
export function sequencesIn(room: number, load: ServingLoad): number {
  const parts = servingMemory(load).filter(({ what }) => what !== 'keys and values of one sequence');
  const free = room - parts.reduce((sum, part) => sum + part.bytes, 0);
  return Math.max(0, Math.floor(free / (load.tokens * kvBytesPerToken(load.shape, load.precision.bytes))));
}

/** Of parts. */
export function sumOf(parts: readonly MemoryPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What a service may take of a GPU that it has to itself. */
export function ownRoom({ gpuMemory }: Cluster): number {
  return VLLM_SHARE * gpuMemory;
}

/** `1,234`. */
function count(value: number): string {
  return value.toLocaleString('en');
}
