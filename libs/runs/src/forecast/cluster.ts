import { BOUNDS, bounded } from '@sipf/contracts';
import { z } from 'zod';

const GIB = 1024 ** 3;
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB,
  TIB: 1024 ** 4,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/**
 * Kinds of GPU: what their makers' data sheets say of dense products in 16 bits (`flops`) and in float32, which PyTorch does not
 * round to less by itself, and of memory.
 */
export const GPU_KINDS = {
  a100: {
    flops: 312e12,
    float32: 19.5e12,
    bandwidth: 2039e9,
    source: "NVIDIA's data sheet of the A100 80GB SXM",
  },
  h100: { flops: 989e12, float32: 67e12, bandwidth: 3350e9, source: "NVIDIA's data sheet of the H100 SXM" },
  h200: { flops: 989e12, float32: 67e12, bandwidth: 4800e9, source: "NVIDIA's data sheet of the H200 SXM" },
  l40s: { flops: 362e12, float32: 91.6e12, bandwidth: 864e9, source: "NVIDIA's data sheet of the L40S" },
} as const;

/** `80GiB` as bytes; undefined for what is no size. */
function bytesOf(text: string): number | undefined {
  const [, number = '', unit = ''] = /^([\d.]+)\s*([KMGT]?i?B)$/i.exec(text.trim()) ?? [];
  const value = Number(number) * (UNITS[unit.toUpperCase()] ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

const size = z
  .string()
  .transform(bytesOf)
  .refine((value): value is number => value !== undefined, 'must be a size, e.g. 80GiB');

/** What a run is planned for, as a YAML file or flags describe it. */
export const clusterShape = {
  gpus: bounded(BOUNDS.countOrNone).default(0).describe('GPUs in all'),
  gpu: z
    .enum(Object.keys(GPU_KINDS) as (keyof typeof GPU_KINDS)[])
    .default('a100')
    .describe('their kind, for their speed'),
  gpuMemory: size.default(80 * GIB).describe('memory of each, e.g. 80GiB'),
  cores: bounded(BOUNDS.count).optional().describe('cores of the processors'),
  memory: size.optional().describe('main memory, e.g. 128GiB; of each machine where there are several'),
  disk: size.optional().describe('room for the run, e.g. 1TiB'),
} as const;

/** A described cluster. */
export const cluster = z.strictObject(clusterShape);
export type Cluster = z.infer<typeof cluster>;

/** Cores that a plan takes where none are described. */
const ASSUMED_CORES = 16;

/** Cores of the processors, described or assumed. */
export function coresOf({ cores = ASSUMED_CORES }: Pick<Cluster, 'cores'>): number {
  return cores;
}
