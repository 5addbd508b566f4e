import { simulation } from '@sipf/contracts';
import { connectExecution } from '@sipf/outcomes';
import {
  clientShape,
  createMetricsRegistry,
  createService,
  implement,
  peerAddress,
  programVersion,
  runService,
  securityOf,
} from '@sipf/service';
import { boundedCalls, createGenerators, generatorShape } from '@sipf/serving';
import { createHandlers } from './handlers.ts';

await runService({
  name: 'simulation',
  summary: 'Labels the steps of reasoning paths by Monte-Carlo roll-outs, over gRPC.',
  shape: {
    ...generatorShape,
    execution: peerAddress
      .optional()
      .describe(
        'host:port of the execution service, which tests the programs that roll-outs make; needed by tasks of code.',
      ),
    ...clientShape('execution', 'the execution service'),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const version = programVersion(import.meta.url);
    const registry = createMetricsRegistry();
    const { execution } = settings;
    const security = securityOf(settings, 'execution');
    const executor =
      execution === undefined
        ? undefined
        : connectExecution(execution, { ...security, clientId: 'simulation' });
    const serving = await createGenerators('simulation', { settings, logger, version, registry });
    return createService({
      name: 'simulation',
      implementations: [implement(simulation.SimulationServiceDefinition, createHandlers(serving, executor))],
      settings: boundedCalls(serviceSettings, settings),
      logger,
      registry,
      close: async () => {
        await serving.close();
        executor?.close();
      },
    });
  },
});
