import type { StageResult } from '@sipf/runs';

/** A piece of work that is done once, when everything it needs is done. */
export interface PlannedStage {
  readonly id: string;
  /** Ids of the stages whose results it uses. */
  readonly after: readonly string[];
}

/** How a stage is executed and remembered. */
export interface DriveOptions<S extends PlannedStage> {
  /** Results of stages that were completed before; they are not run again. */
  readonly completed: ReadonlyMap<string, StageResult>;
  /** Stages at work at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Runs one stage; its result is durable when the promise resolves. */
  run(stage: S, results: ReadonlyMap<string, StageResult>, signal: AbortSignal): Promise<StageResult>;
}

/**
 * Runs the stages of a plan as their needs allow, earlier ones first. The first failure stops the others and is thrown once
 * they have stopped; an abort does the same.
 * @throws RangeError when a plan can never be finished (a cycle or an unknown need)
 */
export async function drive<S extends PlannedStage>(
  plan: readonly S[],
  options: DriveOptions<S>,
): Promise<ReadonlyMap<string, StageResult>> {
  const results = new Map(options.completed);
  const waiting = plan.filter(({ id }) => !results.has(id));
  const atWork = new Map<string, Promise<void>>();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const failures: unknown[] = [];

  const start = (stage: S): void => {
    const work = options
      .run(stage, results, signal)
      .then((result) => void results.set(stage.id, result))
      .catch((error: unknown) => {
        failures.push(error);
        stop.abort(error);
      })
      .finally(() => atWork.delete(stage.id));
    atWork.set(stage.id, work);
  };

  while (waiting.length > 0 || atWork.size > 0) {
    if (!signal.aborted) {
      for (const stage of waiting.filter(({ after }) => after.every((id) => results.has(id)))) {
        if (atWork.size >= options.concurrency) break;
        waiting.splice(waiting.indexOf(stage), 1);
        start(stage);
      }
    }
    if (atWork.size === 0) break;
    await Promise.race(atWork.values());
  }
  if (failures.length > 0) throw failures[0];
  options.signal.throwIfAborted();
  if (waiting.length > 0) {
    throw new RangeError(`stages that can never start: ${waiting.map(({ id }) => id).join(', ')}`);
  }
  return results;
}
