import type { HostOptions, ModelSource } from '@sipf/inference';
import type { FoundModel } from './model-finder.ts';
import type { OpenContext } from './serving.ts';
import type { ServingSettings } from './serving-settings.ts';

/** How a served model's threads are laid out; a thread that dies is replaced, its work done again, and both logged. */
export function hostOptions({ settings, logger, metrics }: OpenContext): HostOptions {
  return {
    workers: settings.workers,
    threadsPerWorker: settings.threads,
    maxConcurrentCalls: settings.maxQueue,
    onEvent: (event) => {
      logger.warn(event, 'inference worker');
      metrics.countWorkerEvent(event.kind);
    },
  };
}

/** Where the threads find the model, and how they keep its weights. */
export function sourceOf({ folder, adapterFolder }: FoundModel, { quantise }: ServingSettings): ModelSource {
  return { folder, quantisation: quantise, ...(adapterFolder === undefined ? {} : { adapterFolder }) };
}
