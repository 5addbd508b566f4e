import { count, folder } from '@sipf/service';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

const MAX_DEFAULT_WORKERS = 4;

/** Where runs are. */
export const runsFlag = folder.default('./runs').describe('folder of the runs');

/** Flags of commands that run all services on this machine. */
export const embeddedShape = {
  runs: runsFlag,
  workers: count
    .default(Math.min(MAX_DEFAULT_WORKERS, availableParallelism()))
    .describe('workers that sample and label, each with a copy of its model'),
  threads: count
    .optional()
    .describe(
      "threads of each worker and of each training job. Default: this machine's, shared out among a service's workers",
    ),
  dashboard: z.boolean().default(true).describe('serve no web page of the run'),
} as const;
