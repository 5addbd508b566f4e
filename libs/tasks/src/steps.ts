import type { Step } from './task.ts';

/**
 * Splits a rationale into steps: a step is a line of the rationale (METHOD.md, "Tasks") with its line break.
 *
 * The final-answer line (`#### 72`) is not a step of its own: from it on, everything belongs to the last step, whose
 * label is therefore the path's outcome (Eq. 2). Blank lines belong to the step before them, leading ones to the
 * first step. Joining the texts gives the completion back.
 */
export function splitSteps(completion: string): Step[] {
  const steps: Step[] = [];
  let start = 0;
  for (const end of boundaries(completion)) {
    steps.push({ text: completion.slice(start, end), start, end });
    start = end;
  }
  return steps;
}

/**
 * The text of the first `count` steps: where a roll-out starts (Eq. 2).
 * @param count from 0 to the number of steps
 */
export function joinPrefix(steps: readonly Step[], count: number): string {
  if (!Number.isInteger(count) || count < 0 || count > steps.length) {
    throw new RangeError(`count must be an integer in [0, ${steps.length}], got ${count}`);
  }
  return steps
    .slice(0, count)
    .map((step) => step.text)
    .join('');
}

/** End offset of every step. */
function boundaries(completion: string): number[] {
  const ends: number[] = [];
  let hasContent = false;
  for (const match of completion.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    const line = match[0];
    if (line.trim() !== '') {
      if (hasContent && isAnswerLine(line)) break;
      if (hasContent) ends.push(match.index);
      hasContent = true;
      if (isAnswerLine(line)) break;
    }
  }
  // A blank line moves to the step before it, because a boundary is only set where the next content starts.
  if (completion !== '') ends.push(completion.length);
  return ends;
}

/** `#### 72`; not a heading such as `#### Step 1` or `#### 2. Add`. */
function isAnswerLine(line: string): boolean {
  return /^\s*####(?!#* *\**(?:\p{L}{2}|\d+[.)] \**\p{L}))/u.test(line);
}
