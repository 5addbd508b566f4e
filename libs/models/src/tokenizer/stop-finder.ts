/** What a piece of text led to. */
interface StopFinding {
  /** Text that no stop string can still claim. */
  readonly text: string;
  /** The stop string that ended the text; pieces pushed after it are ignored. */
  readonly stop: string | undefined;
}

/** Finds stop strings in text that arrives in pieces, wherever the pieces' borders lie. */
export interface StopFinder {
  push(piece: string): StopFinding;
  /** The text held back because it might have begun a stop string; empty after a stop. */
  finish(): string;
}

/**
 * The text ends before the stop string that is complete first; of two that are complete at the same character, the
 * longer counts. So the result does not depend on how the text is cut into pieces.
 *
 * @param stopStrings empty strings among them are ignored
 */
export function createStopFinder(stopStrings: readonly string[]): StopFinder {
  const stops = stopStrings.filter((stop) => stop !== '');
  let held = '';
  let ended = false;
  return {
    push: (piece) => {
      if (ended) return { text: '', stop: undefined };
      const text = held + piece;
      const match = firstComplete(text, stops);
      if (match !== undefined) {
        ended = true;
        held = '';
        return { text: text.slice(0, match.start), stop: match.stop };
      }
      const keep = text.length - heldBackLength(text, stops);
      held = text.slice(keep);
      return { text: text.slice(0, keep), stop: undefined };
    },
    finish: () => {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

interface Match {
  readonly stop: string;
  readonly start: number;
}

function firstComplete(text: string, stops: readonly string[]): Match | undefined {
  return stops
    .map((stop) => ({ stop, start: text.indexOf(stop) }))
    .filter(({ start }) => start >= 0)
    .sort((a, b) => a.start + a.stop.length - (b.start + b.stop.length) || a.start - b.start)[0];
}

/** Length of the longest end of `text` that begins a stop string. */
function heldBackLength(text: string, stops: readonly string[]): number {
  const lengths = stops.map((stop) => {
    let length = Math.min(stop.length - 1, text.length);
    while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
    return length;
  });
  return Math.max(0, ...lengths);
}
