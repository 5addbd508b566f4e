// The server's JSON for the page; times are milliseconds since 1970.

export type RunStateName = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted' | 'damaged';

/** A row of a run's results table. */
export interface Result {
  readonly method: string;
  readonly iteration: number;
  readonly correct: number;
  readonly total: number;
  /** Wilson 95 % interval, in [0, 1]. */
  readonly low: number;
  readonly high: number;
  readonly figures: Readonly<Record<string, number>>;
  /** The split of the questions, e.g. `test`. */
  readonly dataset: string;
}

export interface Run {
  readonly id: string;
  readonly state: RunStateName;
  /** Running stages. */
  readonly stage: string;
  readonly iteration: number;
  readonly startedAt?: number | undefined;
  readonly failure: string;
  /** Parts of the configuration that the list shows. */
  readonly method: string;
  readonly task: string;
  readonly seed: number;
  readonly results: readonly Result[];
}

export type StageStateName = 'planned' | 'running' | 'completed' | 'broken-off';

/** What computed a stage; empty for what it does not say. */
export interface StageEngine {
  readonly kind: string;
  readonly version: string;
  readonly precision: string;
  readonly device: string;
  /** 0 where they share no training. */
  readonly processes: number;
  readonly sharding: string;
}

export interface Stage {
  readonly id: string;
  readonly kind: string;
  readonly iteration: number;
  readonly state: StageStateName;
  readonly startedAt?: number | undefined;
  readonly completedAt?: number | undefined;
  readonly counts: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly dataset?: 'paths' | 'pairs' | undefined;
  readonly engine?: StageEngine | undefined;
  /** Digest of the model that it asked or left, and after `+` its adapter's; empty where it has none. */
  readonly model: string;
}

/** A boundary of an iteration. */
export interface Mark {
  readonly iteration: number;
  readonly name: string;
  readonly at: number;
  /** When the event bus delivered its event. */
  readonly deliveredAt?: number | undefined;
}

export interface RunDetail {
  readonly run: Run;
  /** The resolved configuration as JSON. */
  readonly configJson: string;
  readonly stages: readonly Stage[];
  readonly marks: readonly Mark[];
  /** Whether the run recorded deliveries of the event bus. */
  readonly deliveriesNoted: boolean;
  /** Number of log entries that this includes; news continue from there. */
  readonly entries: number;
}

/** Every run, and whether this orchestrator can start and resume runs. */
export interface RunList {
  readonly runs: readonly Run[];
  readonly drivesRuns: boolean;
}

/** A metric of a stage; `null` where a point has no value. */
export interface Curve {
  readonly name: string;
  readonly mean: readonly (number | null)[];
  /** Extremes of the steps behind a point; empty where every point is one step. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export interface StageCurves {
  readonly stage: string;
  readonly steps: readonly number[];
  readonly curves: readonly Curve[];
  readonly recordedSteps: number;
}

export type OutcomeName = 'correct' | 'wrong' | 'unknown';

export interface PathStep {
  readonly text: string;
  readonly score?: number | undefined;
  readonly label?: boolean | undefined;
  readonly softLabel?: number | undefined;
  readonly rollouts: number;
}

export interface Path {
  readonly key: string;
  readonly questionId: string;
  readonly question: string;
  readonly goldAnswer: string;
  readonly iteration: number;
  readonly sampleIndex: number;
  readonly outcome: OutcomeName;
  readonly steps: readonly PathStep[];
  readonly reward?: number | undefined;
  readonly meanLogProb?: number | undefined;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly matched: number;
  readonly total: number;
}

export interface Pair {
  readonly chosen: Path;
  readonly rejected: Path;
  readonly difference: number;
}

export const PATH_ORDERS = ['sampled', 'reward-down', 'reward-up', 'log-prob-down', 'steps-down'] as const;
export type PathOrderName = (typeof PATH_ORDERS)[number];

export const PAIR_ORDERS = ['made', 'difference-down', 'difference-up'] as const;
export type PairOrderName = (typeof PAIR_ORDERS)[number];

export const OUTCOMES = ['correct', 'wrong', 'unknown'] as const satisfies readonly OutcomeName[];

/** Criteria of appendix C that a step can break. */
export const CRITERIA = ['calculation', 'operands', 'logic', 'relevance'] as const;
export type Criterion = (typeof CRITERIA)[number];

export interface StepAnnotation {
  readonly invalid: boolean;
  readonly broken: readonly Criterion[];
}

export interface Annotation {
  readonly annotator: string;
  readonly stage: string;
  readonly pathKey: string;
  readonly invalid: boolean;
  readonly steps: readonly StepAnnotation[];
  readonly comment: string;
}

export interface Agreement {
  readonly annotators: readonly string[];
  readonly paths: number;
  readonly sharedSteps: number;
  readonly pairs: readonly {
    readonly first: string;
    readonly second: string;
    readonly steps: number;
    readonly agreed: number;
    readonly kappa?: number | undefined;
  }[];
  readonly fleissKappa?: number | undefined;
}

/** Whether the caller is logged in, and the token that changes must carry. */
export interface Session {
  readonly isOpen: boolean;
  readonly csrfToken: string;
}

/** An event in the stream of a run. */
export type RunNews =
  | { readonly kind: 'entry' }
  | { readonly kind: 'delivered' }
  /** What the run waits for from now on; empty once it continues. */
  | { readonly kind: 'waiting'; readonly why: string }
  | {
      readonly kind: 'progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly figures: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'ended'; readonly run: Run };

/** The body of every refused request. */
export interface ApiError {
  readonly error: { readonly reason: string; readonly message: string };
}
