import type { Cluster } from './cluster.ts';
import { GPU_KINDS } from './cluster.ts';
import { kvBytesPerToken, type ModelShape } from './model-shape.ts';

/** Tokens a second, and how that is known. */
export interface Rate {
  readonly perSecond: number;
  /** `measured`: by the engine that answers; `bench`: on a machine of ours; `assumed`: from a data sheet and a share of it. */
  readonly source: 'measured' | 'bench' | 'assumed';
  readonly how: string;
}

/** Of a GPU's peak that work reaches: assumptions, which a measurement replaces. */
const SHARES = {
  /** Of the products' peak, reading prompts and scoring. */
  read: 0.4,
  /** Of the products' peak, training. */
  train: 0.3,
  /** Of the memory's bandwidth, writing. */
  bandwidth: 0.6,
} as const;

/**
 * GFLOP/s of this program's engine on one core: 135M parameters in test/bench (2.7 paths/s of 167 tokens scored; 16 prompts of
 * 128 tokens at 97.4 new tokens/s, as many read; LoRA on rows of 80 tokens at 1,000 rows in 498 s on two threads).
 */
export const CORE_GFLOPS = { score: 122, write: 52.6, train: 61 } as const;

/** Threads of one worker count by this power: two score 1.42 times as fast as one (test/bench). */
const THREADS_POWER = 0.506;

const FLOPS_PER_PARAMETER = 2;

/** A GPU's peak of products in a precision. @param bytes of an element */
function peakOf({ gpu }: Cluster, bytes: number): { readonly flops: number; readonly source: string } {
  const { flops, float32, source } = GPU_KINDS[gpu];
  return { flops: bytes === 4 ? float32 : flops, source };
}

/** Tokens that one GPU reads in a second: share x peak / (2 x parameters). @param bytes of an element */
export function readingRate(shape: ModelShape, cluster: Cluster, bytes: number): Rate {
  const { flops, source } = peakOf(cluster, bytes);
  const perSecond = (SHARES.read * flops) / (FLOPS_PER_PARAMETER * shape.parameters);
  return {
    perSecond,
    source: 'assumed',
    how: `${SHARES.read} x ${flops / 1e12} TFLOP/s / (2 x parameters); ${source}; the share is assumed`,
  };
}

/**
 * Tokens that one GPU writes in a second with `rows` sequences under way: rows / the longer of (weights + their keys and
 * values) / (share x bandwidth) and rows x 2 x parameters / (share x peak).
 * @param tokens keys and values of each sequence, on average
 * @param bytes of an element
 */
export function writingRate(
  shape: ModelShape,
  cluster: Cluster,
  { rows, tokens, bytes }: { readonly rows: number; readonly tokens: number; readonly bytes: number },
): Rate {
  const { flops, source } = peakOf(cluster, bytes);
  const { bandwidth } = GPU_KINDS[cluster.gpu];
  const perToken = kvBytesPerToken(shape, bytes);
  const moved = shape.parameters * bytes + rows * tokens * perToken;
  const byMemory = moved / (SHARES.bandwidth * bandwidth);
  const byProducts = (rows * FLOPS_PER_PARAMETER * shape.parameters) / (SHARES.read * flops);
  const bound = byMemory > byProducts ? 'memory' : 'products';
  return {
    perSecond: rows / Math.max(byMemory, byProducts),
    source: 'assumed',
    how:
      `${rows} sequences a step / the longer of (weights ${gib(shape.parameters * bytes)} + ${rows} x ` +
      `${Math.round(tokens)} tokens x ${perToken.toLocaleString('en')} bytes of keys and values) / ` +
      `(${SHARES.bandwidth} x ${bandwidth / 1e9} GB/s) and ${rows} x 2 x parameters / ` +
      `(${SHARES.read} x ${flops / 1e12} TFLOP/s), here by ${bound}; ${source}; the shares are assumed`,
  };
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

/**
 * Tokens that `processes` GPUs train on in a second: processes x share x peak / FLOPs of a token. These are 6 x parameters, and
 * with an adapter 4 x parameters + 6 x its own; a recomputed forward pass adds 2 x parameters.
 */
export function trainingRate(
  { parameters }: ModelShape,
  cluster: Cluster,
  {
    processes,
    bytes,
    adapter,
    recompute,
  }: {
    readonly processes: number;
    readonly bytes: number;
    readonly adapter: number;
    readonly recompute: boolean;
  },
): Rate {
  const { flops, source } = peakOf(cluster, bytes);
  const perSecond = (processes * SHARES.train * flops) / flopsPerToken({ parameters, adapter, recompute });
  return {
    perSecond,
    source: 'assumed',
    how:
      `${processes} x ${SHARES.train} x ${flops / 1e12} TFLOP/s / ` +
      `${adapter > 0 ? '(4 x parameters + 6 x adapter)' : '(6 x parameters)'}${recompute ? ' and 2 x parameters again' : ''}; ${source}; the share is assumed`,
  };
}

/** FLOPs of training on one token. @param adapter its elements; 0 where every parameter is trained */
export function flopsPerToken({
  parameters,
  adapter,
  recompute,
}: {
  readonly parameters: number;
  readonly adapter: number;
  readonly recompute: boolean;
}): number {
  return (adapter > 0 ? 4 * parameters + 6 * adapter : 6 * parameters) + (recompute ? 2 * parameters : 0);
}

/** Tokens that this program's engine does in a second on processors. */
export function coreRate(
  what: keyof typeof CORE_GFLOPS,
  flopsOfToken: number,
  { workers, threads }: { readonly workers: number; readonly threads: number },
): Rate {
  const gflops = CORE_GFLOPS[what] * workers * threads ** THREADS_POWER;
  const extrapolated = threads > 2 ? '; more threads are extrapolated' : '';
  return {
    perSecond: (gflops * 1e9) / flopsOfToken,
    source: 'bench',
    how:
      `${CORE_GFLOPS[what]} GFLOP/s of one core x ${workers} worker x ${threads} threads^${THREADS_POWER} / ` +
      `${(flopsOfToken / 1e9).toFixed(2)} GFLOP a token; measured with 135M parameters on one thread and on two, which are 1.42 times as fast (test/bench)${extrapolated}; as with --threads ${threads}`,
  };
}
