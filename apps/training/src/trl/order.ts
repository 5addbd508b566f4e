import { fromOptimisation, training, type OptimisationConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { StartFolder } from '../run/training-job.ts';

/** The paths of a TRL training's files. */
export interface OrderFiles {
  readonly datasetFile: string;
  /** Events as JSON lines. */
  readonly progressFile: string;
  readonly checkpointFolder: string;
  /** The result; appears when it is complete. */
  readonly outputFolder: string;
}

/** The input of `trl/train.py`, as JSON. */
export interface TrainingOrder extends OrderFiles {
  readonly start: {
    readonly folder: string;
    readonly adapterFolder: string | null;
    readonly fresh: boolean;
    /** The base's digest, for an adapter's metadata. */
    readonly digest: string;
  };
  readonly objective:
    | { readonly kind: 'sft' }
    | { readonly kind: 'orpo'; readonly lambda: number; readonly wholeSequenceNll: boolean }
    | { readonly kind: 'reward'; readonly promptTemplate: string | null; readonly headOnly: boolean };
  readonly lora: null | {
    readonly rank: number;
    readonly alpha: number;
    readonly dropout: number;
    /** Empty for every linear layer but the head. */
    readonly targetModules: readonly string[];
    readonly modulesToSave: readonly string[];
  };
  readonly optimisation: Omit<OptimisationConfig, 'maxSteps' | 'maxSequenceTokens'> & {
    /** 0 for the number that the epochs have. */
    readonly maxSteps: number;
    readonly rowsPerProcess: number;
  };
  readonly maxSequenceTokens: number;
  readonly checkpointEvery: number;
  /** In [0, 2^32). */
  readonly seed: number;
}

/** The environment of the order's training. */
export interface OrderContext {
  readonly start: StartFolder;
  readonly files: OrderFiles;
  readonly processes: number;
  readonly checkpointEvery: number;
}

/**
 * A specification as an order.
 * @throws SipfError unimplemented OBJECTIVE_UNSUPPORTED for objectives and settings that TRL lacks; invalid-argument
 * INVALID_FIELD for batches that its processes cannot share equally
 */
export function toOrder(spec: training.JobSpec, context: OrderContext): TrainingOrder {
  const { start, files, processes, checkpointEvery } = context;
  const settings = settingsOf(spec);
  const { maxSequenceTokens, ...optimisation } = settings;
  return {
    ...files,
    start: {
      folder: start.folder,
      adapterFolder: start.adapterFolder ?? null,
      fresh: start.fresh,
      digest: spec.baseModel?.digest ?? '',
    },
    objective: objectiveOf(spec.objective),
    lora: loraOf(spec),
    optimisation: {
      ...optimisation,
      maxSteps: optimisation.maxSteps ?? 0,
      rowsPerProcess: rowsPerProcess(settings, processes),
    },
    maxSequenceTokens,
    checkpointEvery,
    seed: Number(BigInt.asUintN(32, spec.seed)),
  };
}

/** Whether this trainer runs such jobs. @throws SipfError as toOrder */
export function checkSupported(spec: training.JobSpec, processes: number): void {
  objectiveOf(spec.objective);
  loraOf(spec);
  rowsPerProcess(settingsOf(spec), processes);
}

function settingsOf({ optimisation }: training.JobSpec): OptimisationConfig {
  return fromOptimisation(optimisation ?? training.Optimisation.create());
}

function objectiveOf(objective: training.JobSpec['objective']): TrainingOrder['objective'] {
  switch (objective?.$case) {
    case 'preference': {
      const { loss, lambda, wholeSequenceNll } = objective.value;
      if (loss !== training.PreferenceLoss.ORPO) throw unsupported('preference.loss', 'only ORPO');
      return { kind: 'orpo', lambda, wholeSequenceNll };
    }
    case 'rewardModel': {
      const { head, promptTemplate, headOnly, quantisation } = objective.value;
      if (head !== training.VerifierHead.HIDDEN) throw unsupported('reward_model.head', 'only `hidden`');
      if (quantisation !== training.Quantisation.UNSPECIFIED) {
        throw unsupported('reward_model.quantisation', 'no quantised decoder');
      }
      return { kind: 'reward', promptTemplate: promptTemplate === '' ? null : promptTemplate, headOnly };
    }
    default:
      return { kind: 'sft' };
  }
}

function loraOf({ lora, objective }: training.JobSpec): TrainingOrder['lora'] {
  const isHeadOnly = objective?.$case === 'rewardModel' && objective.value.headOnly;
  if (lora === undefined || isHeadOnly) return null;
  const { rank, alpha, dropout, targetModules, modulesToSave, quantisation } = lora;
  if (quantisation !== training.Quantisation.UNSPECIFIED)
    throw unsupported('lora.quantisation', 'no quantised base');
  return { rank, alpha, dropout, targetModules, modulesToSave };
}

/** How processes and micro-batches share an update's rows. */
function rowsPerProcess({ batchSize, accumulation }: OptimisationConfig, processes: number): number {
  if (batchSize % (accumulation * processes) === 0) return batchSize / (accumulation * processes);
  const description = `must be a multiple of ${accumulation} parts on each of ${processes} processes`;
  throw new SipfError('invalid-argument', `spec.optimisation.batch_size ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field: 'spec.optimisation.batch_size', description }],
  });
}

/** An error that names what the trainer lacks. */
export function unsupported(field: string, what: string): SipfError {
  const description = `the trainer of this service does ${what}`;
  return new SipfError('unimplemented', `spec.${field}: ${description}`, {
    reason: 'OBJECTIVE_UNSUPPORTED',
    violations: [{ field: `spec.${field}`, description }],
  });
}
