import {
  decayNamed,
  precisionNamed,
  promptSharingNamed,
  quantisationNamed,
  scheduleNamed,
  training,
  type OptimisationConfig,
  type RunConfig,
} from '@sipf/contracts';

/** A run's optimisation settings as the training service takes them. */
export function optimisationOf(settings: OptimisationConfig): training.Optimisation {
  const { schedule, maxSteps, longerRows, vocabularyPiece, precision, promptSharing, decay, ...rest } =
    settings;
  return training.Optimisation.create({
    ...rest,
    maxSteps: maxSteps ?? 0,
    vocabularyPiece: vocabularyPiece ?? 0,
    precision: precisionNamed[precision],
    decay: decayNamed[decay],
    promptSharing: promptSharingNamed[promptSharing],
    schedule: scheduleNamed[schedule],
    dropLongerRows: longerRows === 'drop',
  });
}

/** A run's adapter settings as the training service takes them. */
export function loraOf({
  quantisation,
  ...lora
}: NonNullable<RunConfig['policy']['lora']>): training.LoraSettings {
  return { ...lora, quantisation: quantisationNamed[quantisation] };
}
