import { isDeepStrictEqual } from 'node:util';

/**
 * How much two completions have in common as their prompt: characters, or messages. A blank before the parting is the
 * completions', and each is left something to say. TRL's `extract_prompt` (1.16).
 */
export function impliedPrompt(
  chosen: string | readonly unknown[],
  rejected: string | readonly unknown[],
): number {
  const length = Math.min(chosen.length, rejected.length);
  const parting = Array.from({ length }, (_, index) => index).find(
    (index) => !isDeepStrictEqual(chosen[index], rejected[index]),
  );
  if (parting === undefined) return Math.max(0, length - 1);
  if (typeof chosen !== 'string') return parting;
  const start = isInsidePair(chosen, parting) ? parting - 1 : parting;
  return chosen[start - 1] === ' ' ? start - 1 : start;
}

/** Whether a cut would part the two halves of one character. */
function isInsidePair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff;
}
