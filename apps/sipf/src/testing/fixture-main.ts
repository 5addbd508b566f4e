import { createService, runService } from '@sipf/service';
import { appendFileSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** A service without methods, for tests of the supervisor: it can refuse to start, be slow, or outlive its stop. */
await runService({
  name: 'fixture',
  summary: 'Behaves as its flags say.',
  shape: {
    behaviour: z.enum(['serve', 'refuse', 'hang', 'stubborn']).default('serve'),
    /** A line is added at every start. */
    starts: z.string().optional(),
    /** Starts of this number and later fail. */
    failFrom: z.coerce.number().default(Infinity),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const { behaviour, starts, failFrom } = settings;
    if (starts !== undefined) appendFileSync(starts, '.');
    if (behaviour === 'refuse') throw new Error('the model is not here');
    if (behaviour === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (starts !== undefined && readFileSync(starts, 'utf8').length >= failFrom) throw new Error('not again');
    const close = (): Promise<void> =>
      new Promise((resolve) => setTimeout(resolve, behaviour === 'stubborn' ? 60_000 : 0));
    return createService({ name: 'fixture', implementations: [], settings: serviceSettings, logger, close });
  },
});
