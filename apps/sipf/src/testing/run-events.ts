import { orchestration } from '@sipf/contracts';
import type { RunEvent } from '../follow/follow-run.ts';

/** A log entry so many milliseconds after 1970. */
export function entryAt(at: number, kind: string, body: Record<string, unknown> = {}): RunEvent {
  return { $case: 'entry', value: { index: 0n, at: new Date(at), kind, entryJson: JSON.stringify(body) } };
}

export function progressOf(
  stage: string,
  done: number,
  total: number,
  figures: Record<string, number> = {},
): RunEvent {
  return {
    $case: 'progress',
    value: { stage, iteration: 1, done: BigInt(done), total: BigInt(total), figures },
  };
}

export function endedAs(state: orchestration.RunState): RunEvent {
  return { $case: 'ended', value: orchestration.Run.fromPartial({ id: 'x', state }) };
}
