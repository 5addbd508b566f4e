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
  maxQueue: count.default(1000).describe('Programs that may wait; a further one is told to come back.'),
  maxQueuePerClient: count.optional().describe('Programs of one client that may wait.'),
  maxQueuedMib: bounded(within(BOUNDS.count, { min: 16 }))
    .default(256)
    .describe('MiB of programs, their input included, that may wait; a further one is told to come back.'),
  // Every other service takes far less.
  maxRequestBytes: count.default(MAX_EXECUTE_BYTES).describe('Largest request, in bytes.'),
  // MBPP's slowest own solution takes 7 to 9 s.
  wallTimeMs: count
    .default(20_000)
    .describe(
      'Largest time that a request may ask for, in milliseconds, and what one gets that asks for none.',
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
      'What children are kept from beside the limits: all of it or no start, what the host offers, or nothing.',
    ),
  warm: z
    .string()
    .default('javascript,python')
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(languages)))
    .describe('Languages, parted by commas, whose interpreters are started ahead of the first program.'),
} as const;

/** The parsed form of {@link executionShape}. */
export type ExecutionSettings = z.infer<z.ZodObject<typeof executionShape>>;

/** The pool that the settings ask for. */
export function toPoolOptions(settings: ExecutionSettings): SandboxPoolOptions {
  const { processes, maxQueue, maxQueuePerClient, maxQueuedMib, confinement } = settings;
  const { wallTimeMs, cpuTimeMs, memoryLimitMib, maxOutputBytes } = settings;
  const limits = { wallTimeMs, cpuTimeMs, memoryLimitMiB: memoryLimitMib, maxOutputBytes };
  const share = maxQueuePerClient === undefined ? {} : { maxQueuePerClient };
  const maxQueuedBytes = maxQueuedMib * 2 ** 20;
  return { processes, maxQueue, maxQueuedBytes, ...share, confinement, limits };
}
