import type { Rng } from '@sipf/random';

/** A stage of sampling as the orchestrator drives it. */
export interface Stage {
  /** Calls of the stage. */
  readonly calls: number;
  /** Calls open at the same time. */
  readonly lanes: number;
  readonly replicas: number;
  /** Mean time of a call on a replica that does nothing else; it varies by a third up and down. */
  readonly serviceMs: number;
  /** What a call takes of the orchestrator, which does one thing at a time. */
  readonly orchestratorMs: number;
}

/** How a stage went. */
export interface StageOutcome {
  readonly ms: number;
  /** Share of the time in which the orchestrator was at work. */
  readonly orchestratorBusy: number;
  /** Share of the time in which a replica was at work, over all replicas. */
  readonly replicasBusy: number;
}

interface LaneEvent {
  readonly at: number;
  readonly kind: 'ask' | 'answered';
}

/** Plays the stage event by event: lanes ask, replicas take calls in turn and queue them, the orchestrator notes each answer. */
export function simulateStage(stage: Stage, rng: Rng): StageOutcome {
  const { calls, lanes, replicas, serviceMs, orchestratorMs } = stage;
  const freeAt = new Float64Array(replicas);
  const events: LaneEvent[] = Array.from({ length: Math.min(lanes, calls) }, () => ({ at: 0, kind: 'ask' }));
  let [asked, orchestratorFreeAt, worked] = [0, 0, 0];
  let event = events.shift();
  for (; event !== undefined; event = events.shift()) {
    const { at, kind } = event;
    if (kind === 'answered') {
      orchestratorFreeAt = Math.max(orchestratorFreeAt, at) + orchestratorMs;
      insert(events, { at: orchestratorFreeAt, kind: 'ask' });
    } else if (asked < calls) {
      const replica = asked++ % replicas;
      const ms = serviceMs * (2 / 3 + (2 / 3) * rng.uniform());
      const end = Math.max(freeAt[replica] ?? 0, at) + ms;
      freeAt[replica] = end;
      worked += ms;
      insert(events, { at: end, kind: 'answered' });
    }
  }
  const ms = orchestratorFreeAt;
  return { ms, orchestratorBusy: (calls * orchestratorMs) / ms, replicasBusy: worked / (ms * replicas) };
}

/** Puts an event among those that are ordered by time. */
function insert(events: LaneEvent[], event: LaneEvent): void {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.at ?? Infinity) <= event.at) low = middle + 1;
    else high = middle;
  }
  events.splice(low, 0, event);
}
