import type { Command } from 'commander';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { count, folder } from './fields.ts';

/** Flags of commands that run all services on this machine. */
export const embeddedShape = {
  runs: folder,
  workers: count,
  threads: count,
  dashboard: z.boolean().default(true),
} as const;

const MAX_DEFAULT_WORKERS = 4;

export function addEmbeddedOptions(command: Command): Command {
  const workers = String(Math.min(MAX_DEFAULT_WORKERS, availableParallelism()));
  return command
    .option('--runs <folder>', 'folder of the runs', './runs')
    .option('--workers <count>', 'workers that sample and label, each with a copy of its model', workers)
    .option('--threads <count>', 'threads of each worker and of each training job', '1')
    .option('--no-dashboard', 'serve no web page of the run');
}
