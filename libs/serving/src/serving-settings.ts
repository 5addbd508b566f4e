import { WEIGHT_QUANTISATIONS } from '@sipf/inference';
import { z } from 'zod';

const count = z.coerce.number().int().min(1);

/** The settings of a service that serves models, as text fields for `runService`. */
export const servingShape = {
  /** The artifact store that models are loaded from by digest. */
  artifacts: z.string().optional(),
  /** Where a server's artifacts are kept here. */
  artifactCache: z.string().min(1).optional(),
  /** Folder of the default model, in Hugging Face's layout. */
  model: z.string().optional(),
  /** Threads that each hold the model. */
  workers: count.default(1),
  /** Threads inside one operator, per worker. */
  threads: count.default(1),
  /** How weights are kept; int4 rounds them, and `Info` says so. */
  quantise: z.enum(WEIGHT_QUANTISATIONS).default('none'),
  /** Models held at the same time. */
  maxModels: count.default(1),
  /** Adapters held at the same time on each model. */
  maxAdapters: count.default(8),
  /** Calls open at the same time per model; a further one is told to come back. */
  maxQueue: count.default(64),
  /** NATS with JetStream, to prepare for what a run needs next. */
  natsUrl: z.string().optional(),
} as const;

/** The parsed form of {@link servingShape}. */
export type ServingSettings = z.infer<z.ZodObject<typeof servingShape>>;
