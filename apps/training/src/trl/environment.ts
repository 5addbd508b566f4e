import type { TrainerVersions } from '@sipf/learning/trainer-packages';
import type { Logger } from '@sipf/service';
import type { TrainerEnvironment } from './progress.ts';

/** Versions by package that differ from those that the trainer is tested with. */
function unknownVersions({ versions, knownVersions }: TrainerVersions): Record<string, string> {
  const found = Object.entries(versions);
  // A package that is not there is missed by the training that needs it, e.g. deepspeed.
  return Object.fromEntries(
    found.filter(([name, version]) => version !== '' && version !== knownVersions[name]),
  );
}

/** Warns of versions that nobody has tried; the training goes on, and its losses show whether they compute the same. */
export function warnOfUnknown(logger: Logger, versions: TrainerVersions): void {
  const unknown = unknownVersions(versions);
  if (Object.keys(unknown).length === 0) return;
  const { knownVersions } = versions;
  logger.warn({ unknown, knownVersions }, 'the trainer runs on versions that it is not tested with');
}

/** Logs what a training runs on. */
export function logEnvironment(logger: Logger, environment: TrainerEnvironment): void {
  const { event: _, knownVersions: __, ...facts } = environment;
  logger.info(facts, 'a trainer has started');
  warnOfUnknown(logger, environment);
}
