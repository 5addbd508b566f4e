import { common, training } from '@sipf/contracts';
import type { ServiceHandlers } from '@sipf/service';
import type { JobRegistry } from './jobs/job-registry.ts';

/** What `Info` reports. */
export interface TrainingFacts {
  readonly version: string;
  readonly limits: Readonly<Record<string, number>>;
  /** As it is known by now. */
  readonly engine: () => common.Engine;
}

/** The training service over a registry of jobs. */
export function createHandlers(
  registry: JobRegistry,
  { version, limits, engine }: TrainingFacts,
): ServiceHandlers<training.TrainingServiceDefinition> {
  const describe = (): common.ServiceInfo => {
    const now = engine();
    return common.ServiceInfo.fromPartial({
      ...{ service: 'training', version, limits, devices: [now.device], engine: now },
    });
  };
  return {
    startJob: async ({ jobId, spec, epoch }) => ({
      job: await registry.start(jobId, spec ?? training.JobSpec.create(), epoch),
    }),
    watchJob: async function* ({ jobId, fromStep }, context) {
      context.abortOnTerminate();
      for await (const event of registry.watch(jobId, { fromStep, signal: context.signal })) yield { event };
    },
    getJob: ({ jobId }) => Promise.resolve({ job: registry.get(jobId) }),
    listJobs: () => Promise.resolve({ jobs: registry.list() }),
    cancelJob: async ({ jobId, epoch }) => ({ job: await registry.cancel(jobId, epoch) }),
    info: () => Promise.resolve({ info: describe() }),
  };
}
