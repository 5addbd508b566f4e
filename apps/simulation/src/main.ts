import { simulation } from '@sipf/contracts';
import { connectExecution } from '@sipf/judging';
import { createService, implement, programVersion, runService } from '@sipf/service';
import { createServing, generatorKind, servingShape } from '@sipf/serving';
import { z } from 'zod';
import { createHandlers } from './handlers.ts';

await runService({
  name: 'simulation',
  shape: {
    ...servingShape,
    /** `host:port` of the execution service, which tests the programs that roll-outs make; needed by tasks of code. */
    execution: z.string().min(1).optional(),
    /** Call it over TLS; with a certificate and its key, mutual. */
    executionTls: z.stringbool().default(false),
    executionCaFile: z.string().optional(),
    executionCertFile: z.string().optional(),
    executionKeyFile: z.string().optional(),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const version = programVersion(import.meta.url);
    const serving = await createServing(generatorKind('simulation'), { settings, logger, version });
    const {
      execution,
      executionCaFile: caFile,
      executionCertFile: certFile,
      executionKeyFile: keyFile,
    } = settings;
    const tls = settings.executionTls ? { caFile, certFile, keyFile } : undefined;
    const executor =
      execution === undefined ? undefined : connectExecution(execution, { tls, clientId: 'simulation' });
    return createService({
      name: 'simulation',
      implementations: [implement(simulation.SimulationServiceDefinition, createHandlers(serving, executor))],
      settings: serviceSettings,
      logger,
      close: async () => {
        await serving.close();
        executor?.close();
      },
    });
  },
});
