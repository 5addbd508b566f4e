import type { RunConfig } from '@sipf/contracts';
import { assertNever } from '@sipf/errors';
import type { EngineFacts } from '../plan/engine-facts.ts';
import type { StageResult } from '../plan/stage-results.ts';
import type { RunEntry } from './entries.ts';
import type { Program } from './program.ts';

export type RunPhase = 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Everything that is known of a run, folded from its log. */
export interface RunState {
  readonly runId: string;
  /** What it was called when it began: the names of its training jobs have it. */
  readonly begunAs: string;
  readonly config: RunConfig;
  /** Who started it; empty where nobody was known by name. */
  readonly owner: string;
  /** Of the program that began it. */
  readonly commit: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Of the latest entry. */
  readonly lastAt: string;
  readonly phase: RunPhase;
  readonly failure: string;
  /** Stages that were started and not completed. */
  readonly underWay: ReadonlySet<string>;
  readonly completed: ReadonlyMap<string, StageResult>;
  /** When each stage that was ever started was started last, and when it was completed where it is. */
  readonly times: ReadonlyMap<string, StageTimes>;
  /** What computed each completed stage, where a service did and the log says so. */
  readonly engines: ReadonlyMap<string, EngineFacts>;
  /** The programs at work, the one that began the run first; each that was other code than the one before it. */
  readonly programs: readonly Program[];
  /** How the code of each resumption differed from the code before, where it did. */
  readonly otherCode: readonly string[];
}

/** ISO 8601. */
export interface StageTimes {
  readonly startedAt: string;
  readonly completedAt?: string;
}

/** @returns undefined for an empty log */
export function foldRun(entries: readonly RunEntry[]): RunState | undefined {
  const [first] = entries;
  if (first?.kind !== 'run-started') return undefined;
  return entries.slice(1).reduce(foldEntry, stateAtStart(first));
}

/** The state up to and including each entry; none for an empty log. */
export function* foldEach(
  entries: readonly RunEntry[],
): Generator<{ readonly entry: RunEntry; readonly state: RunState }> {
  const [first] = entries;
  if (first?.kind !== 'run-started') return;
  let state = stateAtStart(first);
  for (const entry of entries) {
    state = foldEntry(state, entry);
    yield { entry, state };
  }
}

function stateAtStart(first: Extract<RunEntry, { kind: 'run-started' }>): RunState {
  return {
    runId: first.runId,
    begunAs: first.begunAs ?? first.runId,
    config: first.config,
    owner: first.owner ?? '',
    commit: first.commit,
    startedAt: first.at,
    lastAt: first.at,
    phase: 'running',
    failure: '',
    underWay: new Set(),
    completed: new Map(),
    times: new Map(),
    engines: new Map(),
    // Logs of before programs were described have the version alone.
    programs: [first.program ?? { version: first.commit, settings: '' }],
    otherCode: [],
  };
}

/** The state after one more entry. */
export function foldEntry(before: RunState, entry: RunEntry): RunState {
  const state = { ...before, lastAt: entry.at };
  switch (entry.kind) {
    case 'run-started':
      return state;
    case 'run-resumed':
      return {
        ...state,
        phase: 'running',
        failure: '',
        underWay: new Set(),
        programs:
          entry.otherCode === undefined || entry.program === undefined
            ? state.programs
            : [...state.programs, entry.program],
        otherCode: [...state.otherCode, ...(entry.otherCode === undefined ? [] : [entry.otherCode])],
      };
    case 'stage-started':
      return {
        ...state,
        underWay: new Set([...state.underWay, entry.stage]),
        times: new Map([...state.times, [entry.stage, { startedAt: entry.at }]]),
      };
    case 'stage-completed':
      return {
        ...state,
        underWay: new Set([...state.underWay].filter((stage) => stage !== entry.stage)),
        completed: new Map([...state.completed, [entry.stage, entry.result]]),
        engines: withEngine(state.engines, entry.stage, entry.engine),
        times: new Map([...state.times, [entry.stage, { ...begun(state, entry), completedAt: entry.at }]]),
      };
    case 'stage-lost':
      return {
        ...state,
        completed: new Map([...state.completed].filter(([stage]) => stage !== entry.stage)),
        engines: withEngine(state.engines, entry.stage, undefined),
        times: new Map([...state.times, [entry.stage, begun(state, entry)]]),
      };
    case 'run-succeeded':
      return { ...state, phase: 'succeeded' };
    case 'run-failed':
      return { ...state, phase: 'failed', failure: entry.failure, underWay: new Set() };
    case 'run-cancelled':
      return { ...state, phase: 'cancelled', underWay: new Set() };
    default:
      return assertNever(entry);
  }
}

function withEngine(
  engines: RunState['engines'],
  stage: string,
  engine: EngineFacts | undefined,
): RunState['engines'] {
  const others = [...engines].filter(([id]) => id !== stage);
  return new Map(engine === undefined ? others : [...others, [stage, engine]]);
}

/** When a stage was started; a log that does not say begins it with the entry itself. */
function begun(
  { times }: RunState,
  { stage, at }: { readonly stage: string; readonly at: string },
): StageTimes {
  return { startedAt: times.get(stage)?.startedAt ?? at };
}
