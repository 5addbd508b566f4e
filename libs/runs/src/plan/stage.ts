import type { OutOfDomain } from '@sipf/contracts';
import type { Stage as RecipeStage } from '@sipf/method';
import { rowOf, type RowOf, type StageKind, type TrainingKind } from './stage-kinds.ts';

/** What the recipe says of a stage of a kind; undefined for stages that belong to no method. */
type MethodOf<K extends StageKind> =
  RowOf<K> extends { readonly method: infer M } ? Extract<RecipeStage, { readonly kind: M }> : undefined;

type Rules<K extends StageKind> = RowOf<K>['reads'];
type NeededReads<K extends StageKind> = {
  [R in keyof Rules<K>]: Rules<K>[R] extends 'needed' ? R : never;
}[keyof Rules<K>];

/** The ids of the stages that a stage of a kind reads, by their kind. */
type ReadsOf<K extends StageKind> = Readonly<
  Record<NeededReads<K>, string> & Partial<Record<Exclude<keyof Rules<K>, NeededReads<K>>, string>>
>;

type SimulatorOf<K extends StageKind> =
  RowOf<K> extends { readonly simulator: infer Rule }
    ? Rule extends 'needed'
      ? string
      : string | undefined
    : undefined;

interface StageShape<K extends StageKind> {
  /** Unique in the run and the same in every attempt: its kind, or the kind, a hyphen and what distinguishes it from others. */
  readonly id: string;
  readonly kind: K;
  /** Ids of the stages whose results it uses. */
  readonly after: readonly string[];
  /** 0 is the supervised start M_0. */
  readonly iteration: number;
  readonly method: MethodOf<K>;
  /** The stage whose output is the policy that this one works with. */
  readonly policyFrom: string;
  readonly reads: ReadsOf<K>;
  /** The stage that has the simulator: trained in this run, given with the data, or M_0's; for stages that ask it. */
  readonly simulatorFrom: SimulatorOf<K>;
  /** Which of the run's compared verifiers it makes or asks, from 1; undefined for everything else. */
  readonly compared: number | undefined;
  /** The questions that an evaluation asks: `test`, `validation`, or a set out of domain. */
  readonly dataset: RowOf<K> extends { readonly asksDataset: true } ? DataSet : undefined;
}

/** A stage of a run of one kind, or of some. */
export type StageOf<K extends StageKind> = K extends StageKind ? StageShape<K> : never;

/** A stage of a run. */
export type Stage = StageOf<StageKind>;

/** What a stage of any kind may read. */
export type Reads = Readonly<Partial<Record<StageKind, string>>>;

export const DATA = 'data';
export const SIMULATOR = 'simulator';
export const CONTINUED_SFT = 'continued-sft';
export const REPORT = 'report';
/** The data set of the main table. */
export const TEST = 'test';
/** Training questions kept apart, by which settings are chosen. */
export const VALIDATION = 'validation';

/** Whether a stage is of a kind. */
export function isOfKind<K extends StageKind>(kind: K): (stage: Stage) => stage is StageOf<K> {
  return (stage): stage is StageOf<K> => stage.kind === kind;
}

/** Whether a stage trains a model. */
export function isTraining(stage: Stage): stage is StageOf<TrainingKind> {
  return rowOf(stage.kind).trains !== undefined;
}

/** A set of questions that models are asked: a split of the run's own, or a set out of domain. */
export type DataSet = typeof TEST | typeof VALIDATION | OutOfDomain['name'];
