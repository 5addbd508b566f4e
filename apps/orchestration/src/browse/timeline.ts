import { browse, stageOfEvent } from '@sipf/contracts';
import type { Stage } from '@sipf/planning';
import { eventsOf } from '../events/iteration-events.ts';
import type { RunEntry } from '../log/run-log.ts';
import { foldRun, type RunState } from '../run/run-state.ts';

/** A run as its log tells it: what is planned, what was done and when. */
export function timelineOf(
  entries: readonly RunEntry[],
  plan: readonly Stage[],
  { state, driven }: { readonly state: RunState; readonly driven: boolean },
): browse.GetTimelineResponse {
  const started = latestBy(entries, 'stage-started');
  const completed = latestBy(entries, 'stage-completed');
  const stages = plan.map((stage): browse.TimelineStage => {
    const result = state.completed.get(stage.id);
    const isAtWork = driven && state.underWay.has(stage.id);
    return {
      id: stage.id,
      kind: stage.kind,
      iteration: stage.iteration,
      state: stageState({ isDone: result !== undefined, isAtWork, isStarted: started.has(stage.id) }),
      startedAt: started.get(stage.id),
      completedAt: completed.get(stage.id),
      counts: { ...result?.counts },
      figures: { ...result?.figures },
      dataset: datasetOf(result?.outputs),
    };
  });
  return { stages, marks: marksOf(entries), entries: BigInt(entries.length) };
}

function latestBy(
  entries: readonly RunEntry[],
  kind: 'stage-started' | 'stage-completed',
): ReadonlyMap<string, Date> {
  return new Map(
    entries.flatMap((entry) => (entry.kind === kind ? [[entry.stage, new Date(entry.at)] as const] : [])),
  );
}

function stageState({
  isDone,
  isAtWork,
  isStarted,
}: Readonly<Record<'isDone' | 'isAtWork' | 'isStarted', boolean>>): browse.StageState {
  if (isDone) return browse.StageState.COMPLETED;
  if (isAtWork) return browse.StageState.RUNNING;
  return isStarted ? browse.StageState.BROKEN_OFF : browse.StageState.PLANNED;
}

function datasetOf(outputs: Readonly<Record<string, string>> | undefined): browse.DatasetKind {
  if (outputs?.['pairs'] !== undefined) return browse.DatasetKind.PAIRS;
  return outputs?.['paths'] === undefined ? browse.DatasetKind.UNSPECIFIED : browse.DatasetKind.PATHS;
}

/** The boundaries that the entries gave rise to, each told once. */
function marksOf(entries: readonly RunEntry[]): browse.IterationMark[] {
  const marks = new Map<string, browse.IterationMark>();
  for (const [index, entry] of entries.entries()) {
    const state = foldRun(entries.slice(0, index + 1));
    for (const event of state === undefined ? [] : eventsOf(entry, state)) {
      const name = stageOfEvent(event);
      if (name === undefined) continue;
      const key = `${event.iteration}/${name}`;
      // A stage that was begun again starts its iteration only once.
      if (!marks.has(key)) marks.set(key, { iteration: event.iteration, name, at: event.occurredAt });
    }
  }
  return [...marks.values()];
}
