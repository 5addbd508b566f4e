import { fromOptimisation, training, type OptimisationConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { TrainerLayout } from './layout.ts';

/** The optimisation's settings with every default. */
export function settingsOf({ optimisation }: training.JobSpec): OptimisationConfig {
  return fromOptimisation(optimisation ?? training.Optimisation.create());
}

/**
 * How processes and micro-batches share an update's rows.
 * @throws SipfError invalid-argument INVALID_FIELD where they cannot share them equally
 */
export function rowsPerProcess(
  { batchSize, accumulation }: Pick<OptimisationConfig, 'batchSize' | 'accumulation'>,
  { processes }: Pick<TrainerLayout, 'processes'>,
): number {
  if (batchSize % (accumulation * processes) === 0) return batchSize / (accumulation * processes);
  const description = `must be a multiple of ${accumulation} parts on each of ${processes} processes`;
  throw new SipfError('invalid-argument', `spec.optimisation.batch_size ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field: 'spec.optimisation.batch_size', description }],
  });
}
