import { confinementModes, languages, type SandboxPoolOptions } from '@sipf/sandbox';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

const count = z.coerce.number().int().min(1);

/** The settings of the execution service, as text fields for `runService`. */
export const executionShape = {
  /** Child processes, each with one program at a time. */
  processes: count.default(availableParallelism()),
  /** Programs that may wait; a further one is told to come back. */
  maxQueue: count.default(1000),
  /** Programs of one client that may wait. */
  maxQueuePerClient: count.optional(),
  /** The largest limits that a request may ask for, and what one gets that asks for nothing. MBPP's slowest own solution takes 7 to 9 s. */
  wallTimeMs: count.default(20_000),
  cpuTimeMs: count.default(15_000),
  memoryLimitMib: count.min(8).default(128),
  maxOutputBytes: count.default(65_536),
  /** What children are kept from beside the limits: all of it or no start, what the host offers, or nothing. */
  confinement: z.enum(confinementModes).default('best'),
  /** Languages, parted by commas, whose interpreters are started ahead of the first program. */
  warm: z
    .string()
    .default('javascript,python')
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(languages))),
} as const;

/** The parsed form of {@link executionShape}. */
export type ExecutionSettings = z.infer<z.ZodObject<typeof executionShape>>;

/** The pool that the settings ask for. */
export function toPoolOptions(settings: ExecutionSettings): SandboxPoolOptions {
  const { processes, maxQueue, maxQueuePerClient, confinement } = settings;
  const { wallTimeMs, cpuTimeMs, memoryLimitMib, maxOutputBytes } = settings;
  const limits = { wallTimeMs, cpuTimeMs, memoryLimitMiB: memoryLimitMib, maxOutputBytes };
  const share = maxQueuePerClient === undefined ? {} : { maxQueuePerClient };
  return { processes, maxQueue, ...share, confinement, limits };
}
