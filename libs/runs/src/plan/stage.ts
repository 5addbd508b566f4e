import type { PlannedStage as MethodStage } from '@sipf/method';

/** The kinds of work of a run: the method's, and what prepares, measures and ends it. */
export type StageKind =
  MethodStage['kind'] | 'data' | 'simulator' | 'continued-sft' | 'evaluate-samples' | 'report';

/** A stage of a run; its id is unique in the run and the same in every attempt. */
export interface Stage {
  readonly id: string;
  /** Ids of the stages whose results it uses. */
  readonly after: readonly string[];
  readonly kind: StageKind;
  /** 0 is the supervised start M_0. */
  readonly iteration: number;
  /** What the recipe says of it; absent for stages that belong to no method. */
  readonly method?: MethodStage['stage'];
  /** The stage whose output is the policy that this one works with. */
  readonly policyFrom: string;
  /** The stages whose results it reads, by kind. */
  readonly reads: Readonly<Partial<Record<StageKind, string>>>;
  /** The stage that has the simulator: trained in this run, given with the data, or M_0's; for stages that ask it. */
  readonly simulatorFrom?: string;
  /** The questions that an evaluation asks: `test`, `validation`, or a set out of domain. */
  readonly dataset?: string;
}

export const DATA = 'data';
export const SIMULATOR = 'simulator';
export const CONTINUED_SFT = 'continued-sft';
export const REPORT = 'report';
/** The data set of the main table. */
export const TEST = 'test';
/** Training questions kept apart, by which settings are chosen. */
export const VALIDATION = 'validation';
