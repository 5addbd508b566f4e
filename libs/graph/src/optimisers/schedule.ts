import { assertNever, SipfError } from '@sipf/errors';

/** How a learning rate moves over a run. */
export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine';
  /** Rate at the end of the warm-up. */
  readonly peak: number;
  /** Steps that rise linearly from 0. @default 0 */
  readonly warmupSteps?: number;
  /** Steps of the whole run, where `linear` and `cosine` reach 0. */
  readonly totalSteps: number;
}

/**
 * The learning rate of step 0, 1, ... : peak * step / warmupSteps while warming up (so step 0 of a warm-up has rate 0),
 * then constant, straight down to 0, or down half a cosine to 0, as the schedulers of transformers.
 * @throws SipfError reason `INVALID_SCHEDULE`
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { peak, warmupSteps = 0, totalSteps } = schedule;
  if (!(warmupSteps >= 0 && totalSteps >= warmupSteps && peak >= 0)) {
    throw new SipfError(
      'invalid-argument',
      `a schedule needs 0 <= warmupSteps (${warmupSteps}) <= totalSteps (${totalSteps}) and peak (${peak}) >= 0`,
      {
        reason: 'INVALID_SCHEDULE',
      },
    );
  }
  if (step < warmupSteps) return (peak * step) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return peak * decay(schedule.kind, progress);
}

/** Share of the peak after `progress` (0 to 1) of the steps that follow the warm-up. */
function decay(kind: Schedule['kind'], progress: number): number {
  switch (kind) {
    case 'constant':
      return 1;
    case 'linear':
      return 1 - progress;
    case 'cosine':
      return 0.5 * (1 + Math.cos(Math.PI * progress));
    default:
      return assertNever(kind);
  }
}
