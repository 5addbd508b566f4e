import type { PrecisionName } from '@sipf/contracts/devices';
import {
  describePlacement,
  type FolderSource,
  type HostOptions,
  type ModelFacts,
  type WeightQuantisation,
} from '@sipf/inference';
import { describeUnused } from '@sipf/models';
import type { Logger } from '@sipf/service';
import { basename } from 'node:path';
import type { FoundModel } from './model-finder.ts';
import type { ServingSettings } from './serving-settings.ts';
import type { OpenContext } from './serving.ts';

/** How a served model's threads are laid out; a thread that dies is replaced, its work done again, and both logged. */
export function hostOptions({ settings, logger, metrics }: OpenContext): HostOptions {
  return {
    workers: settings.workers,
    threadsPerWorker: settings.threads,
    device: settings.device,
    onEvent: (event) => {
      logger.warn(event, 'inference worker');
      metrics.countWorkerEvent(event.kind);
    },
  };
}

/** Logs what of a model's folder is not used, and what of its work a device leaves to the CPU. */
export function reportModel(
  { unused = [], placement }: ModelFacts,
  { folder }: FoundModel,
  logger: Logger,
): void {
  if (placement !== undefined)
    logger.info({ model: basename(folder), ...placement }, describePlacement(placement));
  const why = describeUnused(unused);
  if (why !== undefined) logger.warn({ model: basename(folder), unused: unused.length }, why);
}

/** A base without an adapter. */
export type BaseSource = Pick<FolderSource, 'folder' | 'digest'> & {
  readonly quantisation: WeightQuantisation;
  readonly precision: PrecisionName;
};

/** Where the threads find the base of what was found, and how they keep its weights. */
export function sourceOf(
  { folder, folderDigest: digest }: FoundModel,
  { quantise, precision }: ServingSettings,
): BaseSource {
  return { folder, quantisation: quantise, precision, ...(digest === undefined ? {} : { digest }) };
}
