import { browse, stageOfEvent } from '@sipf/contracts';
import { fromEngineFacts, modelAtWork, type RunEntry, type RunState, type Stage } from '@sipf/runs';
import type { DeliveredEvent } from '../events/event-book.ts';
import { eventsOfLog } from '../events/iteration-events.ts';

/** The events of a run that the event bus has delivered, by id; undefined where it was not noted. */
export type Deliveries = ReadonlyMap<string, DeliveredEvent> | undefined;

/** A run as its log records it: what is planned, what was done and when, and what of it the event bus has delivered. */
export function timelineOf(
  entries: readonly RunEntry[],
  plan: readonly Stage[],
  {
    state,
    driven,
    deliveries,
  }: { readonly state: RunState; readonly driven: boolean; readonly deliveries: Deliveries },
): browse.GetTimelineResponse {
  const stages = plan.map((stage): browse.TimelineStage => {
    const result = state.completed.get(stage.id);
    const isAtWork = driven && state.underWay.has(stage.id);
    const times = state.times.get(stage.id);
    const engine = state.engines.get(stage.id);
    return {
      id: stage.id,
      kind: stage.kind,
      iteration: stage.iteration,
      state: stageState({ isDone: result !== undefined, isAtWork, isStarted: times !== undefined }),
      startedAt: dateOf(times?.startedAt),
      completedAt: dateOf(times?.completedAt),
      counts: { ...result?.counts },
      figures: { ...result?.figures },
      dataset: datasetOf(result?.outputs),
      engine: engine === undefined ? undefined : fromEngineFacts(engine),
      // A planned one has asked none yet.
      model: (times === undefined ? undefined : modelAtWork(stage, state)) ?? '',
    };
  });
  return {
    stages,
    marks: marksOf(entries, deliveries),
    entries: BigInt(entries.length),
    deliveriesNoted: deliveries !== undefined,
  };
}

function dateOf(iso: string | undefined): Date | undefined {
  return iso === undefined ? undefined : new Date(iso);
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

/** The boundaries that the entries gave rise to, each once. */
function marksOf(entries: readonly RunEntry[], deliveries: Deliveries): browse.IterationMark[] {
  const marks = new Map<string, browse.IterationMark>();
  for (const event of eventsOfLog(entries)) {
    const name = stageOfEvent(event);
    if (name === undefined) continue;
    const { eventId, iteration, occurredAt: at } = event;
    const key = `${iteration}/${name}`;
    const delivered = deliveries?.get(eventId);
    const deliveredAt = delivered && new Date(delivered.deliveredAt);
    // A stage that was begun again starts its iteration only once.
    if (!marks.has(key)) marks.set(key, { iteration, name, at, deliveredAt });
  }
  return [...marks.values()];
}
