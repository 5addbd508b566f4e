import { bounded, BOUNDS, MAX_EXECUTE_BYTES, within } from '@sipf/contracts';
import { confinementModes, languages, type SandboxPoolOptions } from '@sipf/sandbox';
import { count } from '@sipf/service';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** The settings of the execution service. */
export const executionShape = {
  processes: count
    .default(availableParallelism())
    .describe('Child processes, each with one program at a time.'),
  maxQueue: count
    .default(1000)
    .describe(
      'Programs that may wait for a process, whatever calls brought them (a stream brings many); further ones are refused with ' +
        'a retry hint.',
    ),
  maxQueuePerClient: count.optional().describe('Programs of one client that may wait.'),
  maxQueuedMib: bounded(within(BOUNDS.count, { min: 16 }))
    .default(256)
    .describe('MiB of waiting programs, input included; further ones are refused with a retry hint.'),
  // Larger than other services' default: tests and input are part of a request.
  maxRequestBytes: count.default(MAX_EXECUTE_BYTES).describe('Largest request, in bytes.'),
  // MBPP's slowest own solution takes 7 to 9 s.
  wallTimeMs: count
    .default(20_000)
    .describe(
      'Largest time limit that a request may set, and the default of one that sets none, in milliseconds.',
    ),
  cpuTimeMs: count.default(15_000).describe('Likewise of processor time, in milliseconds.'),
  memoryLimitMib: bounded(within(BOUNDS.count, { min: 8 }))
    .default(128)
    .describe('Likewise of memory, in MiB.'),
  maxOutputBytes: count.default(65_536).describe('Likewise of output, in bytes.'),
  confinement: z
    .enum(confinementModes)
    .default('best')
    .describe(
      'Confinement of children besides the limits: all layers or no start, those that the host offers, or none.',
    ),
  warm: z
    .string()
    .default('javascript,python')
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(languages)))
    .describe('Languages, separated by commas, whose interpreters start ahead of the first program.'),
} as const;

/** The parsed form of {@link executionShape}. */
export type ExecutionSettings = z.infer<z.ZodObject<typeof executionShape>>;

/** The pool's options from the settings. */
export function toPoolOptions(settings: ExecutionSettings): SandboxPoolOptions {
  const { processes, maxQueue, maxQueuePerClient, maxQueuedMib, confinement } = settings;
  const { wallTimeMs, cpuTimeMs, memoryLimitMib, maxOutputBytes } = settings;
  const limits = { wallTimeMs, cpuTimeMs, memoryLimitMiB: memoryLimitMib, maxOutputBytes };
  const share = maxQueuePerClient === undefined ? {} : { maxQueuePerClient };
  const maxQueuedBytes = maxQueuedMib * 2 ** 20;
  return { processes, maxQueue, maxQueuedBytes, ...share, confinement, limits };
}
