import type { RunEvent } from '../follow/follow-run.ts';

/** Shows a person or a program how a run goes. */
export interface Reporter {
  event(event: RunEvent): void;
  /** A sentence about the machinery, e.g. of a service that was restarted. */
  note(text: string): void;
  /** Leaves the screen as it is. */
  close(): void;
}
