import { training, type OptimisationConfig } from '@sipf/contracts';
import type { TokenClassificationHead } from '@sipf/models';
import type { StartFolder } from '../run/training-job.ts';
import { rowsPerProcess, settingsOf } from './batch-share.ts';
import { checkSupported, quantisationOf, type TrainerQuantisation } from './check-supported.ts';
import type { TrainerLayout } from './layout.ts';

/** The paths of a TRL training's files. */
export interface OrderFiles {
  readonly datasetFile: string;
  /** Events as JSON lines. */
  readonly progressFile: string;
  readonly checkpointFolder: string;
  /** The result; appears when it is complete. */
  readonly outputFolder: string;
}

type OrderObjective =
  | { readonly kind: 'sft' }
  | { readonly kind: 'orpo'; readonly lambda: number; readonly wholeSequenceNll: boolean }
  | { readonly kind: 'dpo'; readonly beta: number }
  | { readonly kind: 'rpo'; readonly beta: number; readonly nllWeight: number }
  | {
      readonly kind: 'reward';
      readonly features: TokenClassificationHead['features'];
      /** Scores at a token: one, or one for "wrong" and one for "correct". */
      readonly labels: number;
      readonly promptTemplate: string | null;
      readonly headOnly: boolean;
    };

/** The input of `trl/train.py`, as JSON. */
export interface TrainingOrder extends OrderFiles, TrainerLayout {
  readonly start: {
    readonly folder: string;
    readonly adapterFolder: string | null;
    readonly fresh: boolean;
    /** The base's digest, for an adapter's metadata. */
    readonly digest: string;
  };
  readonly objective: OrderObjective;
  /** How the decoder is kept while an adapter or a head is trained on it. */
  readonly quantisation: TrainerQuantisation;
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
  readonly checkpointSeconds: number;
  /** In [0, 2^32). */
  readonly seed: number;
}

/** The environment of the order's training. */
export interface OrderContext {
  readonly start: StartFolder;
  readonly files: OrderFiles;
  readonly layout: TrainerLayout;
  readonly checkpointEvery: number;
  readonly checkpointSeconds: number;
  /** The head of the model that the training starts from, where that is a verifier; it stays as it is. */
  readonly startHead: TokenClassificationHead | undefined;
}

/** A specification as an order. @throws SipfError as checkSupported */
export function toOrder(spec: training.JobSpec, context: OrderContext): TrainingOrder {
  const { start, files, layout, checkpointEvery, checkpointSeconds } = context;
  checkSupported(spec, layout);
  const { maxSequenceTokens, ...optimisation } = settingsOf(spec);
  return {
    ...files,
    ...layout,
    start: {
      folder: start.folder,
      adapterFolder: start.adapterFolder ?? null,
      fresh: start.fresh,
      digest: spec.baseModel?.digest ?? '',
    },
    objective: objectiveOf(spec.objective, context.startHead),
    quantisation: quantisationOf(spec),
    lora: loraOf(spec),
    optimisation: {
      ...optimisation,
      maxSteps: optimisation.maxSteps ?? 0,
      rowsPerProcess: rowsPerProcess(optimisation, layout),
    },
    maxSequenceTokens,
    checkpointEvery,
    checkpointSeconds,
    seed: Number(BigInt.asUintN(32, spec.seed)),
  };
}

function objectiveOf(
  objective: training.JobSpec['objective'],
  startHead: TokenClassificationHead | undefined,
): OrderObjective {
  switch (objective?.$case) {
    case 'preference':
      return preferenceOf(objective.value);
    case 'rewardModel':
      return rewardOf(objective.value, startHead);
    default:
      return { kind: 'sft' };
  }
}

function preferenceOf(value: training.PreferenceObjective): OrderObjective {
  const { loss, lambda, beta, nllWeight, wholeSequenceNll } = value;
  const { DPO, RPO } = training.PreferenceLoss;
  if (loss === DPO) return { kind: 'dpo', beta };
  if (loss === RPO) return { kind: 'rpo', beta, nllWeight };
  return { kind: 'orpo', lambda, wholeSequenceNll };
}

function rewardOf(
  { head, promptTemplate, headOnly }: training.RewardModelObjective,
  startHead: TokenClassificationHead | undefined,
): OrderObjective {
  const asked = head === training.VerifierHead.HIDDEN_CONFIDENCE ? 'hidden+confidence' : 'hidden';
  const template = promptTemplate === '' ? null : promptTemplate;
  return {
    kind: 'reward',
    features: startHead?.features ?? asked,
    labels: startHead?.numLabels ?? 2,
    promptTemplate: startHead === undefined ? template : (startHead.promptTemplate ?? null),
    headOnly,
  };
}

function loraOf({ lora, objective }: training.JobSpec): TrainingOrder['lora'] {
  const isHeadOnly = objective?.$case === 'rewardModel' && objective.value.headOnly;
  if (lora === undefined || isHeadOnly) return null;
  const { rank, alpha, dropout, targetModules, modulesToSave } = lora;
  return { rank, alpha, dropout, targetModules, modulesToSave };
}
