import type { events, OptimisationConfig, RunConfig } from '@sipf/contracts';
import type { Stage as RecipeStage, StageKind as RecipeKind } from '@sipf/method';
import type { z } from 'zod';

/**
 * A section of a run's configuration that a stage may read; the seed, the task's name and the limits are everybody's, engines
 * nobody's.
 */
type Section = Exclude<keyof RunConfig, 'seed' | 'method' | 'iterations' | 'task' | 'limits' | 'engines'>;

/** What a stage may read of a run's configuration: a section, or one setting of it. */
export type SettingName = Section | `alignment.${keyof NonNullable<RunConfig['alignment']>}`;

/** A stage of a recipe by its kind. */
export type RecipeStageOf<K extends RecipeKind> = Extract<RecipeStage, { readonly kind: K }>;

/** What a rule may ask of a stage; `M` is the recipe's stage behind it. */
export interface StageFacts<M = undefined> {
  readonly method: M;
  /** 0 is the supervised start M_0. */
  readonly iteration: number;
}

/**
 * Whether a stage must find an earlier one of a kind: always, where the recipe's stage says so, or it reads the latest where
 * there is one.
 */
type ReadRule = 'needed' | 'where-made' | ((method: never) => boolean);

/** How a stage trains a model. */
export interface Training {
  /** The setting that holds `optimisation`. */
  readonly field: string;
  readonly optimisation: OptimisationConfig;
  /** The split of the data whose rows are the examples; absent where they are made in the run. */
  readonly split?: 'train' | 'simulator';
}

/** A model that a kind of stage leaves as its output `model`. */
interface TrainedModelRow {
  /** What it is, for its model card. */
  readonly role: string;
  /** What its counts are, for its model card. */
  readonly learntFrom: Readonly<Record<string, string>>;
  /** The sections of the configuration that its model card shows. */
  readonly card: readonly Section[];
  readonly by: (stage: never, settings: never) => Training;
}

/** Why a run cannot learn anything from a stage's result. */
export interface NothingToLearn {
  readonly what: string;
  /** Settings and what to do to them. */
  readonly remedy: string;
}

/** The boundary of an iteration, as the event bus has it. */
export type Boundary = NonNullable<events.IterationEvent['stage']>;

/** One row of the table of stage kinds: everything that is known of a kind beside how it is computed. */
export interface StageKindRow {
  /** What it does, as `--dry-run` says it. */
  readonly description: string;
  /** The stage of a recipe that says how it is done; absent for stages that belong to no method. */
  readonly method?: RecipeKind;
  /**
   * Raised whenever what this kind computes from the same inputs changes. Absent for a kind whose results are not a function of
   * its identity: no other run takes them, and it sees the whole configuration and every output of the data.
   */
  readonly version?: number;
  /** The kinds whose latest earlier stages it reads, in the order of a stage's `after`. */
  readonly reads: Readonly<Record<string, ReadRule>>;
  /** The outputs of the data that it reads. */
  readonly data: readonly string[] | ((stage: never) => readonly string[]);
  /** The settings that it reads, beside what every stage may. */
  readonly settings: readonly SettingName[] | ((stage: never) => readonly SettingName[]);
  /** The sections and settings that the run must have, dotted; those of a recipe's stages are in NEEDED_SECTIONS. */
  readonly needed: readonly string[];
  /** Whether it asks the simulator: always, or by the run's settings. */
  readonly simulator?: 'needed' | ((config: RunConfig) => boolean);
  /** Whether it asks the questions of a data set. */
  readonly asksDataset?: true;
  /** The service that holds the model which it asks, and which model that is. */
  readonly asks?: {
    readonly service: 'generation' | 'simulation' | 'verification';
    readonly model: 'policy' | 'simulator' | 'train-verifier';
  };
  readonly trains?: TrainedModelRow;
  /** Digests of what it leaves, by name. */
  readonly outputs: z.ZodObject;
  /** How many of what it found. */
  readonly counts: z.ZodObject;
  /** Other figures. */
  readonly figures: z.ZodObject | z.ZodRecord<z.ZodType<string, string>>;
  /** The boundary of an iteration that its completion is, for the event bus. */
  readonly boundary?: (result: never) => Boundary;
  /** Whether the run is at its end for lack of anything to learn from. @param readers the recipe's stages that read it */
  readonly hopeless?: (
    counts: never,
    stage: never,
    readers: readonly RecipeStage[],
  ) => NothingToLearn | undefined;
  /** What is odd about its counts, in words for people; the run continues. */
  readonly oddities?: (counts: never) => readonly string[];
}

/** Checks a row, and keeps its own type for what is inferred from it. */
export function stageKind<const R extends StageKindRow>(row: R): R {
  return row;
}
