import { verification } from '@sipf/contracts';
import { VERIFIER_FORMATS } from '@sipf/models';
import { createMetricsRegistry, createService, implement, programVersion, runService } from '@sipf/service';
import { createServing, servingShape } from '@sipf/serving';
import { z } from 'zod';
import { createHandlers } from './handlers.ts';
import { verifierKind } from './served-verifier.ts';

await runService({
  name: 'verification',
  shape: {
    ...servingShape,
    /** How the verifiers read a path. @default what each folder's config.json says */
    format: z.enum(VERIFIER_FORMATS).optional(),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const version = programVersion(import.meta.url);
    const registry = createMetricsRegistry();
    const serving = await createServing(verifierKind(settings.format), {
      settings,
      logger,
      version,
      registry,
    });
    return createService({
      name: 'verification',
      implementations: [implement(verification.VerificationServiceDefinition, createHandlers(serving))],
      settings: serviceSettings,
      logger,
      registry,
      close: () => serving.close(),
    });
  },
});
