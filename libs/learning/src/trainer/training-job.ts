import type { DeviceName, PrecisionName } from '@sipf/contracts/devices';
import type { FolderSource, Placement } from '@sipf/inference';
import type {
  DecoderConfig,
  MemorySettings,
  ObjectiveSettings,
  Quantisation,
  TokenClassificationHead,
} from '@sipf/models';
import type { TrainingDataset } from '../data/training-example.ts';
import type { OptimiserSettings, Trainable, WeightMemory } from '../step/index.ts';

/**
 * Where a training begins: a model folder, the same with an adapter (a LoRA training continues it, a full one merges
 * it), or fresh weights of a folder's config.json, drawn from the job's seed.
 */
export type TrainingStart =
  | ({ readonly kind: 'pretrained' } & FolderSource)
  | { readonly kind: 'scratch'; readonly configFolder: string };

/** How the learning rate moves: warm-up from 0, then constant or decay to 0. */
interface ScheduleSettings {
  /** @default 'linear' */
  readonly kind?: 'constant' | 'linear' | 'cosine';
  /** Peak learning rate, at least 0. */
  readonly learningRate: number;
  /** Share of all steps that warm up, in [0, 1]. @default 0 */
  readonly warmupRatio?: number;
}

/** Where a training keeps what it needs to resume after an interruption. */
interface CheckpointSettings {
  /** The file is replaced at every checkpoint. */
  readonly file: string;
  /** Steps between two checkpoints; a cancelled training writes one more. */
  readonly everySteps: number;
  /** Most seconds of work that an interruption may cost, from one checkpoint to the end of the step after it. @default no limit */
  readonly everySeconds?: number;
}

/** Everything a training's result depends on, and where the result goes. */
export interface TrainingJob {
  readonly start: TrainingStart;
  readonly objective: ObjectiveSettings;
  readonly trainable: Trainable;
  /** How the base's frozen linear weights are kept while an adapter or a head is trained on them. @default 'none' */
  readonly quantisation?: Quantisation;
  /** Head of a reward model that starts from a language model. @default two labels on `hidden` */
  readonly verifierHead?: TokenClassificationHead;
  readonly dataset: TrainingDataset;
  readonly optimiser: OptimiserSettings;
  readonly schedule: ScheduleSettings;
  /** Examples (pairs) of one update. */
  readonly batchSize: number;
  /** One update is computed in this many parts, which bounds memory and changes nothing else. @default 1 */
  readonly accumulation?: number;
  /** What is kept for the backward pass. @default everything, but pieces of 16,384 of vocabularies above 65,536 entries */
  readonly memory?: MemorySettings;
  /**
   * Computes the prompt of a pair once for both completions; the same but for rounding, and for dropout, which the two
   * then have in common within the prompt. @default where it takes fewer multiplications
   */
  readonly sharePrompts?: boolean;
  /** What computes. @default 'cpu' */
  readonly device?: DeviceName;
  /** What is computed in; another than float32 only where the device has it. @default 'float32' */
  readonly precision?: PrecisionName;
  /** Passes over the data; may be a fraction. */
  readonly epochs?: number;
  /** Updates; one of `epochs` and `maxSteps` is needed, and `maxSteps` counts where both are there. */
  readonly maxSteps?: number;
  /** Batches of examples of like length. @default false */
  readonly groupByLength?: boolean;
  /** Longest row in tokens; a longer one is an error. @default the model's own limit */
  readonly maxSequenceTokens?: number;
  readonly seed: string | number;
  readonly checkpoint?: CheckpointSettings;
  /** Folder of the result, which must not exist: a Hugging Face folder, or a PEFT folder for LoRA. */
  readonly outputFolder: string;
  /** Threads inside one operator. @default 1 */
  readonly threads?: number;
}

/** What happens during a training, in order. */
export type TrainingEvent =
  | {
      readonly kind: 'started';
      readonly config: DecoderConfig;
      readonly totalSteps: number;
      /** Updates that a checkpoint had already made; their steps are reported again, with the numbers of then. */
      readonly stepsDone: number;
      readonly trainableParameters: number;
      /** What the frozen weights take. */
      readonly frozenWeights: WeightMemory;
      /** What it takes of memory at the least, in words. */
      readonly memory: string;
    }
  /** Where the first update was computed, on a device other than the CPU. */
  | { readonly kind: 'placed'; readonly placement: Placement }
  | ({ readonly kind: 'step' } & StepMetrics)
  | { readonly kind: 'checkpoint'; readonly step: number }
  /** The worker died; the training resumes from its last checkpoint on another, and gives no step twice. */
  | { readonly kind: 'restarted'; readonly message: string }
  | {
      readonly kind: 'finished';
      readonly steps: number;
      readonly outputFolder: string;
      /** `sha256:<hex>` of the output folder. */
      readonly digest: string;
    };

/** One update. */
export interface StepMetrics {
  /** 1 for the first update. */
  readonly step: number;
  /** Passes over the data after this update. */
  readonly epoch: number;
  /** Tokens of the batch, padding included. */
  readonly tokens: number;
  /** `loss`, `learning_rate`, `grad_norm` and the objective's own, by TRL's names. */
  readonly values: Readonly<Record<string, number>>;
}

/** What a training worker does. */
export interface Training {
  train: [request: TrainingJob, answer: undefined, item: TrainingEvent];
}
