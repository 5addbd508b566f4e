import { openArtifactStore } from '@sipf/artifacts';
import { common, orchestration } from '@sipf/contracts';
import { connectNatsBus, createInProcessBus, type EventBus } from '@sipf/events';
import {
  clientSecurity,
  createMetricsRegistry,
  createService,
  implement,
  programVersion,
  runService,
  type Logger,
} from '@sipf/service';
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { createHandlers } from './handlers.ts';
import { createRunMetrics } from './run/run-metrics.ts';
import { RunRegistry } from './run/run-registry.ts';
import { createGrpcServices } from './services/grpc-services.ts';

const VERSION = programVersion(import.meta.url);
const address = z.string().min(1);

await runService({
  name: 'orchestration',
  shape: {
    /** Folder with a folder for every run. */
    runs: z.string().min(1),
    /** The artifact store that all services share: a folder, s3://BUCKET/PREFIX or nats://HOST:PORT/BUCKET. */
    artifacts: z.string().min(1),
    /** Where a server's artifacts are kept here. */
    artifactCache: z.string().min(1).optional(),
    generation: address,
    simulation: address,
    verification: address,
    training: address,
    /** Tests programs; needed by tasks of code. */
    execution: address.optional(),
    /** Call the services over TLS; with a certificate and its key, mutual. */
    servicesTls: z.stringbool().default(false),
    servicesCaFile: z.string().optional(),
    servicesCertFile: z.string().optional(),
    servicesKeyFile: z.string().optional(),
    /** File whose first line is the bearer token to send them. */
    servicesTokenFile: z.string().optional(),
    /** NATS with JetStream; without it events stay in this process. */
    natsUrl: z.string().optional(),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    await mkdir(settings.runs, { recursive: true });
    const { artifacts: location, artifactCache: cache } = settings;
    const { store: artifacts, close: closeStore } = await openArtifactStore(location, { cache });
    const bus = await openBus(settings.natsUrl, logger);
    const security = clientSecurity({
      isTls: settings.servicesTls,
      caFile: settings.servicesCaFile,
      certFile: settings.servicesCertFile,
      keyFile: settings.servicesKeyFile,
      tokenFile: settings.servicesTokenFile,
    });
    const services = createGrpcServices(settings, security);
    const metrics = createMetricsRegistry();
    const registry = new RunRegistry({
      metrics: createRunMetrics(metrics),
      runs: settings.runs,
      artifacts,
      services,
      bus,
      logger,
      version: VERSION,
      now: Date.now,
    });
    const info = common.ServiceInfo.fromPartial({ service: 'orchestration', version: VERSION });
    return createService({
      name: 'orchestration',
      registry: metrics,
      implementations: [
        implement(orchestration.OrchestrationServiceDefinition, createHandlers(registry, info)),
      ],
      settings: serviceSettings,
      logger,
      close: async () => {
        await registry.close();
        services.close();
        await bus.close();
        await closeStore();
      },
    });
  },
});

async function openBus(natsUrl: string | undefined, logger: Logger): Promise<EventBus> {
  if (natsUrl !== undefined) return await connectNatsBus({ url: natsUrl, log: logger });
  logger.warn('no NATS server is set: events reach only this process');
  return createInProcessBus({ log: logger });
}
