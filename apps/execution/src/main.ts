import { execution } from '@sipf/contracts';
import { SandboxPool } from '@sipf/sandbox';
import { createService, implement, programVersion, runService } from '@sipf/service';
import { createHandlers } from './handlers.ts';
import { executionShape, toPoolOptions } from './settings.ts';

await runService({
  name: 'execution',
  shape: executionShape,
  main: async ({ settings, serviceSettings, logger }) => {
    const pool = new SandboxPool(toPoolOptions(settings));
    // A machine on which no sandbox starts is found out now, not by the first program.
    await pool.warmUp();
    const version = programVersion(import.meta.url);
    const handlers = createHandlers(pool, { ...settings, version });
    return createService({
      name: 'execution',
      implementations: [implement(execution.ExecutionServiceDefinition, handlers)],
      settings: serviceSettings,
      logger,
      close: () => pool.close(),
    });
  },
});
