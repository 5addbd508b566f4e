import { z } from 'zod';
import type { RunEvent } from '../follow/follow-run.ts';

/** A stage that is at work. */
export interface StageView {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly done: number;
  /** 0 while unknown. */
  readonly total: number;
  readonly figures: Readonly<Record<string, number>>;
  /** Where the rate is measured from: an earlier attempt's work is not this one's speed. */
  readonly from: { readonly done: number; readonly at: number } | undefined;
}

/** What a watcher of a run sees. */
export interface RunView {
  readonly underWay: readonly StageView[];
}

/** A stage that has just been completed. */
export interface FinishedStage {
  readonly id: string;
  readonly durationMs: number | undefined;
  /** Whether another run of the experiment had computed it. */
  readonly reused: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  /** What is odd about what it left. */
  readonly warnings: readonly string[];
}

/** Something to say once, when it happens. */
export type RunNews =
  | { readonly kind: 'stage-started'; readonly id: string }
  | { readonly kind: 'stage-finished'; readonly stage: FinishedStage }
  | { readonly kind: 'stage-lost'; readonly id: string; readonly why: string }
  /** Empty once the run continues. */
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'run'; readonly what: string };

const numbers = z.record(z.string(), z.number()).default({});
const entryBody = z.object({
  stage: z.string().default(''),
  reused: z.boolean().default(false),
  why: z.string().default(''),
  otherCode: z.string().optional(),
  warnings: z.array(z.string()).default([]),
  result: z.object({ counts: numbers, figures: numbers }).default({ counts: {}, figures: {} }),
});

export const emptyView: RunView = { underWay: [] };

/** The view after an event, and what is to be said of it. @param now milliseconds since 1970 */
export function advance(
  view: RunView,
  event: RunEvent,
  now: number,
): { view: RunView; news: RunNews | undefined } {
  switch (event.$case) {
    case 'progress':
      return { view: withProgress(view, event.value, now), news: undefined };
    case 'entry':
      return withEntry(view, event.value, now);
    case 'waiting':
      return { view, news: { kind: 'waiting', why: event.value.why } };
    case 'ended':
      return { view: emptyView, news: undefined };
  }
}

type Entry = Extract<RunEvent, { $case: 'entry' }>['value'];
type Progress = Extract<RunEvent, { $case: 'progress' }>['value'];

function withEntry(view: RunView, entry: Entry, now: number): { view: RunView; news: RunNews | undefined } {
  const at = entry.at?.getTime() ?? now;
  const { stage: id, result, reused, warnings, why, otherCode } = parseBody(entry.entryJson);
  const others = view.underWay.filter((stage) => stage.id !== id);
  switch (entry.kind) {
    case 'stage-started': {
      const stage = { id, startedAt: at, done: 0, total: 0, figures: {}, from: undefined };
      return { view: { underWay: [...others, stage] }, news: { kind: 'stage-started', id } };
    }
    case 'stage-completed': {
      const started = view.underWay.find((stage) => stage.id === id)?.startedAt;
      const durationMs = started === undefined ? undefined : at - started;
      return {
        view: { underWay: others },
        news: { kind: 'stage-finished', stage: { id, durationMs, reused, warnings, ...result } },
      };
    }
    case 'stage-lost':
      return { view, news: { kind: 'stage-lost', id, why } };
    case 'run-resumed': {
      const code = otherCode === undefined ? '' : ` by other code: ${otherCode}`;
      return { view: emptyView, news: { kind: 'run', what: `resumed${code}` } };
    }
    case 'run-failed':
    case 'run-cancelled':
    case 'run-succeeded':
      return { view: emptyView, news: { kind: 'run', what: entry.kind.slice('run-'.length) } };
    default:
      return { view, news: undefined };
  }
}

function withProgress(view: RunView, progress: Progress, now: number): RunView {
  const { stage: id, figures } = progress;
  const done = Number(progress.done);
  const known = view.underWay.find((stage) => stage.id === id);
  const stage: StageView = {
    id,
    startedAt: known?.startedAt ?? now,
    done,
    total: Number(progress.total),
    figures: { ...known?.figures, ...figures },
    from: known?.from ?? { done, at: now },
  };
  const isNew = known === undefined;
  return {
    underWay: isNew ? [...view.underWay, stage] : view.underWay.map((old) => (old.id === id ? stage : old)),
  };
}

function parseBody(json: string): z.infer<typeof entryBody> {
  try {
    return entryBody.parse(JSON.parse(json));
  } catch {
    return entryBody.parse({});
  }
}
