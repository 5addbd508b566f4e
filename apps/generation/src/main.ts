import { generation } from '@sipf/contracts';
import { createMetricsRegistry, createService, implement, programVersion, runService } from '@sipf/service';
import { boundedCalls, createGenerators, generatorShape } from '@sipf/serving';
import { createHandlers } from './handlers.ts';

await runService({
  name: 'generation',
  summary: 'Samples reasoning paths from a policy, over gRPC.',
  shape: generatorShape,
  main: async ({ settings, serviceSettings, logger }) => {
    const version = programVersion(import.meta.url);
    const registry = createMetricsRegistry();
    const serving = await createGenerators('generation', { settings, logger, version, registry });
    return createService({
      name: 'generation',
      implementations: [implement(generation.GenerationServiceDefinition, createHandlers(serving))],
      settings: boundedCalls(serviceSettings, settings),
      logger,
      registry,
      close: () => serving.close(),
    });
  },
});
