import { openArtifactStore } from '@sipf/artifacts';
import { training } from '@sipf/contracts';
import { createTrainer } from '@sipf/learning';
import { createMetricsRegistry, createService, implement, programVersion, runService } from '@sipf/service';
import { z } from 'zod';
import { createHandlers } from './handlers.ts';
import { addJobMetrics } from './jobs/job-metrics.ts';
import { openJobRegistry } from './jobs/job-registry.ts';
import { measureTrainer } from './measure-trainer.ts';
import { createJobRunner } from './run/job-runner.ts';

const count = z.coerce.number().int().min(1);

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
    maxJobs: count.default(2),
    /** Jobs that may wait; a further one is told to come back. */
    maxQueue: count.default(100),
    /** Threads inside one operator, per job. */
    threads: count.default(1),
    /** Steps between two checkpoints of a job. */
    checkpointEvery: count.default(100),
  },
  main: async ({ settings, serviceSettings, logger }) => {
    const { artifacts, artifactCache: cache, state, maxJobs, maxQueue, threads, checkpointEvery } = settings;
    const metrics = createMetricsRegistry();
    const trainer = measureTrainer(createTrainer({ maxConcurrentJobs: maxJobs }), metrics);
    const { store, close: closeStore } = await openArtifactStore(artifacts, { cache });
    const run = createJobRunner({ store, trainer, threads, checkpointEvery });
    const registry = await openJobRegistry({ folder: state, maxJobs, maxQueue, run, logger, now: Date.now });
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
            devices: [`cpu x ${maxJobs * threads}`],
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
