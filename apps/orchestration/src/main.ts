import { openArtifactStore } from '@sipf/artifacts';
import { annotation, browse, common, NO_SERVICE, orchestration } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { checkNatsAddress, createInProcessBus, joinNatsBus, type EventBus } from '@sipf/events';
import {
  clientShape,
  count,
  createMetricsRegistry,
  createService,
  currentRequestContext,
  folder,
  implement,
  peerAddress,
  programVersion,
  runService,
  securityOf,
  text,
  type Logger,
  natsShape,
  streamOf,
} from '@sipf/service';
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { AnnotationBooks } from './annotate/annotation-books.ts';
import { createAnnotationHandlers } from './annotate/annotation-handlers.ts';
import { createBrowser } from './browse/browse-handlers.ts';
import { followDeliveries } from './events/follow-deliveries.ts';
import { createHandlers } from './handlers.ts';
import { openKubernetesLeases, POD_ACCOUNT } from './leases/kubernetes-leases.ts';
import { openNatsLeases } from './leases/nats-leases.ts';
import { openRunLeases, type ServerLeases } from './leases/run-leases.ts';
import { createCheckRuns } from './preflight/check-runs.ts';
import { createRunMetrics } from './run/run-metrics.ts';
import { RunRegistry } from './run/run-registry.ts';
import { createGrpcServices, type ServiceAddresses } from './services/grpc-services.ts';
import { openStageCache } from './sharing/stage-cache.ts';

const VERSION = programVersion(import.meta.url);

/** Of a service that runs may ask, or {@link NO_SERVICE}. */
const called = z.union([peerAddress, z.literal(NO_SERVICE)]).meta({ value: 'host:port' });

await runService({
  name: 'orchestration',
  summary: 'Drives runs of the method over the other services, over gRPC.',
  shape: {
    runs: folder.describe('Folder with a folder for every run.'),
    artifacts: text('store').describe(
      'The artifact store that all services share: a folder, s3://BUCKET/PREFIX or nats://HOST:PORT/BUCKET.',
    ),
    artifactCache: folder.optional().describe("Where a server's artifacts are kept here."),
    stageCache: folder
      .optional()
      .describe('Folder where runs leave what their stages made, for other runs on the same artifact store.'),
    generation: called
      .optional()
      .describe(
        'host:port of the generation service, or none where no run asks it; these four drive runs, and without them runs are only looked at.',
      ),
    simulation: called.optional().describe('host:port of the simulation service.'),
    verification: called.optional().describe('host:port of the verification service.'),
    training: called.optional().describe('host:port of the training service.'),
    execution: peerAddress
      .optional()
      .describe('host:port of the execution service, which tests programs; needed by tasks of code.'),
    ...clientShape('services', 'the services'),
    // Without it events stay in this process.
    ...natsShape,
    leases: z
      .enum(['files', 'nats', 'kubernetes'])
      .default('files')
      .describe(
        'What says which orchestrator drives a run: files in its folder alone, or beside them a bucket at --nats-url, or Leases of ' +
          'the cluster that this pod is in.',
      ),
    kubernetesAccount: folder
      .default(POD_ACCOUNT)
      .describe('Folder with the service account (token, ca.crt, namespace) for --leases kubernetes.'),
    resumeInterrupted: z
      .boolean()
      .default(false)
      .describe(
        'Resume the runs that were under way when their orchestrator died: the one before this one, and every other one over the same ' +
          'folder.',
      ),
    maxRuns: count
      .optional()
      .describe('Runs driven at the same time; a further one is refused with a time to retry.'),
    maxRunsPerCaller: count.optional().describe('Runs of one caller driven at the same time.'),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const security = securityOf(settings, 'services');
    const addresses = addressesOf(settings);
    const services =
      addresses === undefined
        ? undefined
        : createGrpcServices(addresses, security, {
            onWait: ({ reason, message }) => {
              logger.warn({ reason, cause: message }, 'a service is away or full; the call is repeated');
            },
            onSilence: (why): (() => void) => {
              const runId = currentRequestContext()?.runId ?? '';
              return registry.active(runId)?.waitFor(why) ?? (() => undefined);
            },
          });
    await checkNatsAddress(settings.natsUrl);
    const { artifacts: location, artifactCache: cache, stageCache } = settings;
    const { store: artifacts, close: closeStore } = await openArtifactStore(location, { cache });
    await mkdir(settings.runs, { recursive: true });
    const bus = await openBus(settings, logger);
    const metrics = createMetricsRegistry();
    const registry: RunRegistry = new RunRegistry({
      metrics: createRunMetrics(metrics),
      limits: { maxRuns: settings.maxRuns, maxRunsPerCaller: settings.maxRunsPerCaller },
      runs: settings.runs,
      leases: openRunLeases(settings.runs, { server: await openServerLeases(settings) }),
      artifacts,
      cache: stageCache === undefined ? undefined : openStageCache(stageCache, artifacts),
      artifactsFolder: location,
      services,
      bus,
      logger,
      version: VERSION,
      now: Date.now,
    });
    if (settings.resumeInterrupted && services !== undefined) {
      const runs = await registry.resumeInterrupted();
      if (runs.length > 0) logger.info({ runs }, 'resuming interrupted runs');
    }
    // Who only looks at runs would take events from the one that drives them.
    const deliveries =
      services === undefined
        ? undefined
        : followDeliveries({ bus, registry, runs: settings.runs, logger, now: Date.now });
    const browser = createBrowser(registry, artifacts);
    const books = new AnnotationBooks(
      (runId) => registry.folder(runId),
      (runId) => registry.get(runId),
    );
    const annotations = createAnnotationHandlers({ books, findPath: browser.findPath, now: Date.now });
    const info = common.ServiceInfo.fromPartial({ service: 'orchestration', version: VERSION });
    return createService({
      name: 'orchestration',
      registry: metrics,
      implementations: [
        implement(
          orchestration.OrchestrationServiceDefinition,
          createHandlers(registry, {
            info,
            drivesRuns: services !== undefined,
            checkRuns: createCheckRuns(settings.runs),
          }),
        ),
        implement(browse.BrowseServiceDefinition, browser.handlers),
        implement(annotation.AnnotationServiceDefinition, annotations),
      ],
      settings: serviceSettings,
      logger,
      close: async () => {
        await registry.close();
        await deliveries?.stop();
        services?.close();
        await bus.close();
        await closeStore();
      },
    });
  },
});

/** @throws SipfError SETTINGS_INVALID, LEASES_UNAVAILABLE */
async function openServerLeases(settings: {
  readonly leases: 'files' | 'nats' | 'kubernetes';
  readonly kubernetesAccount: string;
  readonly natsReplicas: number;
  readonly natsUrl?: string | undefined;
}): Promise<ServerLeases | undefined> {
  const { leases, natsUrl, natsReplicas } = settings;
  if (leases === 'files') return undefined;
  if (leases === 'kubernetes') return await openKubernetesLeases(settings.kubernetesAccount, process.env);
  if (natsUrl !== undefined) return await openNatsLeases(natsUrl, natsReplicas);
  throw new SipfError('invalid-argument', '--leases nats needs --nats-url', {
    reason: 'SETTINGS_INVALID',
    violations: [{ field: '--nats-url', description: 'is required with --leases nats' }],
  });
}

/** @returns undefined for an orchestrator that only looks. @throws SipfError SETTINGS_INVALID for some of the four */
function addressesOf(settings: {
  readonly [Name in keyof ServiceAddresses]?: string | undefined;
}): ServiceAddresses | undefined {
  const { generation, simulation, verification, training, execution } = settings;
  const four = Object.entries({ generation, simulation, verification, training });
  if (four.every(([, one]) => one === undefined)) return undefined;
  if (four.some(([, one]) => one === undefined)) {
    const description = `are required together, or none of them; \`${NO_SERVICE}\` for one that no run asks`;
    const field = '--generation, --simulation, --verification, --training';
    throw new SipfError('invalid-argument', `${field}: ${description}`, {
      reason: 'SETTINGS_INVALID',
      violations: [{ field, description }],
    });
  }
  const known = Object.fromEntries(four.filter(([, one]) => one !== NO_SERVICE));
  return { ...known, execution };
}

async function openBus(settings: Parameters<typeof streamOf>[0], logger: Logger): Promise<EventBus> {
  const { natsUrl } = settings;
  if (natsUrl !== undefined)
    return await joinNatsBus({ url: natsUrl, log: logger, stream: streamOf(settings) });
  logger.warn('no NATS server is set: events reach only this process');
  return createInProcessBus({ log: logger });
}
