import { verification } from '@sipf/contracts';
import { VERIFIER_FORMATS } from '@sipf/models';
import { createMetricsRegistry, createService, implement, programVersion, runService } from '@sipf/service';
import { boundedCalls, connectionOf, connectionShape, createServing, servingShape } from '@sipf/serving';
import { z } from 'zod';
import { createHandlers } from './handlers.ts';
import { poolingKind } from './pooling/pooling-kind.ts';
import { verifierKind } from './served-verifier.ts';

await runService({
  name: 'verification',
  summary: 'Scores the steps of reasoning paths with a process reward model, over gRPC.',
  shape: {
    ...servingShape,
    backend: z
      .enum(['engine', 'pooling'])
      .default('engine')
      .describe('engine: in this process; pooling: by vLLM servers started with --runner pooling.'),
    ...connectionShape,
    format: z
      .enum(VERIFIER_FORMATS)
      .optional()
      .describe(
        "Format in which the verifiers read a path; by default the one in each folder's config.json.",
      ),
    outcomeModel: z
      .string()
      .meta({ value: 'folder' })
      .optional()
      .describe('Folder of the default outcome verifier, for requests that want one without naming it.'),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const version = programVersion(import.meta.url);
    const registry = createMetricsRegistry();
    const { format, outcomeModel: folder } = settings;
    const others = folder === undefined ? [] : [folder];
    // The two defaults must never evict each other.
    const maxModels = Math.max(settings.maxModels, others.length + 1);
    const held = { ...settings, maxModels };
    const options = { settings: held, others, logger, version, registry };
    const serving =
      settings.backend === 'pooling'
        ? await createServing(poolingKind(format, connectionOf(settings, logger)), options)
        : await createServing(verifierKind(format), options);
    const handlers = createHandlers({ serving, outcomeModel: serving.others[0] });
    return createService({
      name: 'verification',
      implementations: [implement(verification.VerificationServiceDefinition, handlers)],
      settings: boundedCalls(serviceSettings, held),
      logger,
      registry,
      close: () => serving.close(),
    });
  },
});
