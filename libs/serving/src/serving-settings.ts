import { deviceShape } from '@sipf/contracts';
import { WEIGHT_QUANTISATIONS } from '@sipf/inference';
import { count, folder, natsShape } from '@sipf/service';
import { z } from 'zod';

/** The settings of a service that serves models. */
export const servingShape = {
  artifacts: z
    .string()
    .meta({ value: 'store' })
    .optional()
    .describe('The artifact store that models are loaded from by digest.'),
  artifactCache: folder.optional().describe("Where a server's artifacts are kept here."),
  model: z
    .string()
    .meta({ value: 'folder' })
    .optional()
    .describe("Folder of the default model, in Hugging Face's layout."),
  workers: count.default(1).describe('Threads that each hold the model.'),
  threads: count.default(1).describe('Threads inside one operator, per worker.'),
  ...deviceShape,
  quantise: z
    .enum(WEIGHT_QUANTISATIONS)
    .default('none')
    .describe('How weights are kept: int8 and int4 round them to 8 and 4 bits, and Info says so.'),
  maxModels: count.default(1).describe('Models held at the same time.'),
  maxAdapters: count.default(8).describe('Adapters held at the same time on each model.'),
  maxQueue: count
    .default(64)
    .describe(
      'Calls with work at the same time on one model, running ones included; times --max-models it bounds those of the service, ' +
        'where --max-concurrent-calls is not lower. A further one is refused with the time to come back, but the first of a client.',
    ),
  // To prepare for what a run needs next.
  ...natsShape,
} as const;

/** The parsed form of {@link servingShape}. */
export type ServingSettings = z.infer<z.ZodObject<typeof servingShape>>;
