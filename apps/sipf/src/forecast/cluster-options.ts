import { BOUNDS, bounded, settingViolations } from '@sipf/contracts';
import { cluster, clusterShape, type Cluster } from '@sipf/runs';
import { isSection } from '@sipf/runs/preflight';
import { text } from '@sipf/service';
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { FlagsOf } from '../options/define-command.ts';
import { usageError } from '../usage-error.ts';

const sizeFlag = text('size').optional();

/** Flags that describe what a dry run plans for. */
export const clusterFlags = {
  cluster: text('file')
    .optional()
    .describe('dry run: YAML of what to plan for: gpus, gpu, gpuMemory, cores, memory, disk'),
  gpus: bounded(BOUNDS.countOrNone).optional().describe('dry run: plan for so many GPUs'),
  gpu: clusterShape.gpu.unwrap().optional().describe('dry run: their kind; a100 by default'),
  gpuMemory: sizeFlag.describe('dry run: memory of each, e.g. 80GiB, the default'),
  cores: bounded(BOUNDS.count).optional().describe('dry run: cores'),
  memory: sizeFlag.describe('dry run: main memory of a machine'),
  disk: sizeFlag.describe('dry run: room for the run'),
  ask: z.boolean().default(true).describe('dry run: ask no engine that the configuration names'),
  explain: z.boolean().default(false).describe('dry run: how every number of the plan is computed'),
} as const;

type Flags = FlagsOf<typeof clusterFlags>;

/** Whether a cluster is described, which need not be this machine. */
export function describesCluster({
  cluster: file,
  gpus,
  gpu,
  gpuMemory,
  cores,
  memory,
  disk,
}: Flags): boolean {
  return [file, gpus, gpu, gpuMemory, cores, memory, disk].some((value) => value !== undefined);
}

/**
 * The cluster of a file and flags, which win; without any, this machine without its GPUs. Of a described cluster nothing is
 * this machine's: what it does not say is not known.
 * @throws SipfError `invalid-argument` with a violation for every wrong setting
 */
export async function readCluster(flags: Flags, cwd: string): Promise<Cluster> {
  const { gpus, gpu, gpuMemory, cores, memory, disk } = flags;
  const own = describesCluster(flags) ? {} : { cores: availableParallelism(), memory: `${totalmem()}B` };
  const named = Object.entries({ gpus, gpu, gpuMemory, cores, memory, disk });
  const given = Object.fromEntries(named.filter(([, value]) => value !== undefined));
  const file = flags.cluster === undefined ? {} : await readFileOf(resolve(cwd, flags.cluster));
  const value = { ...own, ...file, ...given };
  const { success, data, error } = cluster.safeParse(value);
  if (success) return data;
  const violations = settingViolations({ schema: cluster, value, issues: error.issues }).map(
    ({ field, description }) => ({ field: `cluster.${field}`, description }),
  );
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  throw usageError(lines.join('; '), { violations });
}

async function readFileOf(path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = parse(await readFile(path, 'utf8'));
    if (isSection(value)) return value;
  } catch (cause) {
    throw usageError(`cannot read the cluster ${path}; --cluster names a YAML file`, { cause });
  }
  throw usageError(`the cluster ${path} must be settings by name, e.g. gpus: 8`);
}
