import { execution } from '@sipf/contracts';
import { SandboxPool } from '@sipf/sandbox';
import { createMetricsRegistry, createService, implement, programVersion, runService } from '@sipf/service';
import { logConfinement, registerConfinement } from './confinement.ts';
import { createHandlers } from './handlers.ts';
import { createVerdictMetrics } from './metrics.ts';
import { executionShape, toPoolOptions } from './settings.ts';

await runService({
  name: 'execution',
  summary: 'Runs untrusted programs in sandboxes and says what became of them, over gRPC.',
  shape: executionShape,
  main: async ({ settings, serviceSettings, logger }) => {
    const pool = new SandboxPool(toPoolOptions(settings));
    const confinement = await pool.confinement();
    logConfinement(logger, settings.confinement, confinement);
    // A machine on which no sandbox starts fails now, not with the first program.
    await pool.warmUp(settings.warm);
    const version = programVersion(import.meta.url);
    const registry = createMetricsRegistry();
    const handlers = createHandlers(pool, { ...settings, version }, createVerdictMetrics(registry, pool));
    registerConfinement(registry, confinement);
    return createService({
      name: 'execution',
      implementations: [implement(execution.ExecutionServiceDefinition, handlers)],
      settings: serviceSettings,
      logger,
      registry,
      close: () => pool.close(),
    });
  },
});
