import { openArtifactStore } from '@sipf/artifacts';
import { training } from '@sipf/contracts';
import { createTrainer } from '@sipf/learning';
import { createMetricsRegistry, createService, implement, programVersion, runService } from '@sipf/service';
import { z } from 'zod';
import { createHandlers } from './handlers.ts';
import { addJobMetrics } from './jobs/job-metrics.ts';
import { openJobRegistry } from './jobs/job-registry.ts';
import { createStepMetrics, measureTrainer } from './measure-trainer.ts';
import { createJobRunner } from './run/job-runner.ts';
import { checkSupported } from './trl/order.ts';
import { trainerCommand, trainerShape } from './trl/trainer-command.ts';
import { createTrlRunner } from './trl/trl-runner.ts';

const positive = z.coerce.number().int().min(1);

await runService({
  name: 'training',
  shape: {
    /** The artifact store that all services share. */
    artifacts: z.string().min(1),
    /** Where a server's artifacts are kept here. */
    artifactCache: z.string().min(1).optional(),
    /** Folder of this service alone: jobs and their checkpoints. */
    state: z.string().min(1),
    /** Jobs that run at the same time; others wait. */
    maxJobs: positive.default(2),
    /** Jobs that may wait; a further one is told to come back. */
    maxQueue: positive.default(100),
    /** Threads inside one operator, per job. */
    threads: positive.default(1),
    /** Steps between two checkpoints of a job. */
    checkpointEvery: positive.default(100),
    ...trainerShape,
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const { artifacts, artifactCache: cache, state, maxJobs, maxQueue, threads, checkpointEvery } = settings;
    const launch = trainerCommand(settings);
    const metrics = createMetricsRegistry();
    const count = createStepMetrics(metrics);
    const trainer = measureTrainer(createTrainer({ maxConcurrentJobs: maxJobs }), count);
    const { store, close: closeStore } = await openArtifactStore(artifacts, { cache });
    const processes = settings.trainerProcesses;
    const run =
      launch === undefined
        ? createJobRunner({ store, trainer, threads, checkpointEvery })
        : createTrlRunner({ store, launch, processes, checkpointEvery, logger, count });
    const registry = await openJobRegistry({
      ...{ folder: state, maxJobs, maxQueue, run, logger, now: Date.now },
      ...(launch === undefined
        ? {}
        : {
            refuse: (spec) => {
              checkSupported(spec, processes);
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
            version: programVersion(import.meta.url),
            limits: { max_jobs: maxJobs, max_queue: maxQueue },
            devices: [launch === undefined ? `cpu x ${maxJobs * threads}` : `trl x ${processes}`],
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
