import { NATS_VARIABLES } from '@sipf/artifacts/nats-variables';
import { bounded, BOUNDS } from '@sipf/contracts';
import { z } from 'zod';
import { count } from './fields.ts';

/** Settings of a program that may follow or publish the events of runs. */
export const natsShape = {
  natsUrl: z
    .string()
    .meta({ value: 'url' })
    .optional()
    .describe(
      'NATS with JetStream, which carries the events of runs: nats:// or tls:// HOST:PORT, several by commas. ' +
        `From the environment: ${NATS_VARIABLES.join(', ')}.`,
    ),
  natsReplicas: bounded(BOUNDS.replicas)
    .default(1)
    .describe(
      'Servers of a NATS cluster that keep what is stored there, where this program is the first to ask for it.',
    ),
  natsStreamMib: count
    .default(256)
    .meta({ value: 'MiB' })
    .describe('Most that is kept of events, likewise; each of those servers sets as much of its disk aside.'),
} as const;

type NatsSettings = z.infer<z.ZodObject<typeof natsShape>>;

/** How the stream of events is kept, by the settings of {@link natsShape}. */
export function streamOf({ natsReplicas, natsStreamMib }: NatsSettings): { replicas: number; mib: number } {
  return { replicas: natsReplicas, mib: natsStreamMib };
}
