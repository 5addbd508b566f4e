import type { Mark } from '../../api/model.ts';
import { clock, duration } from './format.ts';

/** Texts about the delivery of a mark's event. */
export interface Delivery {
  /** Shown beside the mark; empty for a usual delivery. */
  readonly note: string;
  /** The mark's title. */
  readonly title?: string;
}

/** A delay up to this is usual, in milliseconds. */
const USUAL_MS = 1000;

/** How the event bus delivered a mark's event. @param isNoted whether the run recorded deliveries */
export function deliveryOf(
  { at, deliveredAt }: Mark,
  { isNoted, isRunning }: { readonly isNoted: boolean; readonly isRunning: boolean },
): Delivery {
  if (!isNoted) return { note: '' };
  if (deliveredAt === undefined) {
    return { note: isRunning ? 'waiting for the event bus' : 'not delivered by the event bus' };
  }
  const delay = deliveredAt - at;
  return {
    note: delay > USUAL_MS ? `delivered after ${duration(delay)}` : '',
    title: `delivered by the event bus at ${clock(deliveredAt)}`,
  };
}
