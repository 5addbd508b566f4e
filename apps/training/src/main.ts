import { openArtifactStore } from '@sipf/artifacts';
import { deviceShape, ownEngine, training, type DeviceName } from '@sipf/contracts';
import { requireDevice } from '@sipf/inference';
import { createTrainer } from '@sipf/learning';
import {
  count,
  createMetricsRegistry,
  createService,
  folder,
  implement,
  programVersion,
  runService,
  text,
  wrongSettings,
} from '@sipf/service';
import { createHandlers } from './handlers.ts';
import { addJobMetrics } from './jobs/job-metrics.ts';
import { openJobRegistry } from './jobs/job-registry.ts';
import { createStepMetrics, measureTrainer } from './measure-trainer.ts';
import { isWhole } from './run/job-inputs.ts';
import { createJobRunner } from './run/job-runner.ts';
import { checkSupported } from './trl/check-supported.ts';
import { layoutOf, trainerCommand, trainerShape } from './trl/trainer-command.ts';
import { TrlEngine } from './trl/trl-engine.ts';
import { createTrlRunner } from './trl/trl-runner.ts';

await runService({
  name: 'training',
  summary: 'Trains policies and verifiers as jobs that survive their worker, over gRPC.',
  shape: {
    artifacts: text('store').describe('The artifact store that all services share.'),
    artifactCache: folder.optional().describe("Local cache of a server's artifacts."),
    state: folder.describe('A folder for this service alone: jobs and their checkpoints.'),
    maxJobs: count.default(2).describe('Jobs that run at the same time; others wait.'),
    maxQueue: count.default(100).describe('Jobs that may wait; further ones are refused with a retry hint.'),
    threads: count.default(1).describe('Threads inside one operator, per job.'),
    device: deviceShape.device,
    checkpointEvery: count.default(100).describe('Steps between two checkpoints of a job.'),
    checkpointSeconds: count
      .default(60)
      .describe('Most seconds between two checkpoints of a job, however long its steps are.'),
    ...trainerShape,
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const { artifacts, artifactCache: cache, state, maxJobs, maxQueue, threads } = settings;
    const { checkpointEvery, checkpointSeconds } = settings;
    const launch = trainerCommand(settings);
    const { device } = settings;
    await checkDevice(device, launch);
    const version = programVersion(import.meta.url);
    const own = ownEngine({ version, precision: 'float32', device, cores: maxJobs * threads });
    const trl = launch === undefined ? undefined : await TrlEngine.open(settings, state, logger);
    const metrics = createMetricsRegistry();
    const counters = createStepMetrics(metrics);
    const trainer = measureTrainer(createTrainer({ maxConcurrentJobs: maxJobs }), counters);
    const { store, close: closeStore } = await openArtifactStore(artifacts, { cache });
    const layout = layoutOf(settings);
    const run =
      launch === undefined || trl === undefined
        ? createJobRunner({ store, trainer, threads, device, checkpointEvery, checkpointSeconds, logger })
        : createTrlRunner({
            store,
            launch,
            layout,
            checkpointEvery,
            checkpointSeconds,
            logger,
            engine: trl,
            count: counters,
          });
    const registry = await openJobRegistry({
      ...{ folder: state, maxJobs, maxQueue, run, logger, now: Date.now },
      isWhole: (result) => isWhole(store, result),
      ...(launch === undefined
        ? {}
        : {
            refuse: (spec) => {
              checkSupported(spec, layout);
            },
          }),
    });
    addJobMetrics(metrics, registry);
    return createService({
      name: 'training',
      registry: metrics,
      implementations: [
        implement(
          training.TrainingServiceDefinition,
          createHandlers(registry, {
            version,
            limits: { max_jobs: maxJobs, max_queue: maxQueue },
            engine: () => trl?.engine ?? own,
          }),
        ),
      ],
      settings: serviceSettings,
      logger,
      close: async () => {
        await registry.close();
        await trainer.close();
        await closeStore();
      },
    });
  },
});

/** @throws SipfError SETTINGS_INVALID beside a trainer of another, which chooses for itself; DEVICE_UNAVAILABLE */
async function checkDevice(device: DeviceName, launch: unknown): Promise<void> {
  if (launch !== undefined && device !== 'cpu') {
    const description =
      'is for the engine of this process: leave it out, a trainer of another takes the GPUs that it finds';
    throw wrongSettings([{ field: '--device', description }]);
  }
  await requireDevice(device);
}
