import type { Step } from '../task.ts';
import { logicalLines, type LogicalLine } from './logical-lines.ts';
import { programRegion } from './program-region.ts';

/** Words that continue a compound statement. */
const clauseWords = new Set(['elif', 'else', 'except', 'finally']);

/**
 * Splits a completion that holds a program into steps: a step is a statement with its block at the top level of a function
 * (METHOD.md, "Tasks"), or of the program outside of functions; a class is split like a function, a method a step. A function's
 * head and docstring belong to its first statement, comments to the statement below them, blank lines to the one above. Prose
 * around the program belongs to the first and to the last step. Joining the texts gives the completion back.
 */
export function splitProgram(completion: string): Step[] {
  if (completion === '') return [];
  const { start: offset, end } = programRegion(completion);
  const lines = logicalLines(completion.slice(offset, end));
  // What stands before the first statement has no step of its own.
  const starts = statementStarts(lines).slice(1);
  const ends = [...starts.map((start) => offset + start), completion.length];
  let start = 0;
  return ends.map((stop) => {
    const step = { text: completion.slice(start, stop), start, end: stop };
    start = stop;
    return step;
  });
}

/** Offsets at which steps begin. */
function statementStarts(lines: readonly LogicalLine[]): number[] {
  const splitter = createSplitter();
  return lines.flatMap((line, index) => {
    if (line.words.length === 0 || !splitter.beginsStep(line)) return [];
    return [startWithComments(lines, index)];
  });
}

/** Where the comments right above a line begin, else the line itself. */
function startWithComments(lines: readonly LogicalLine[], index: number): number {
  const indent = lines[index]?.indent;
  let first = index;
  for (let above = index - 1; above >= 0; above--) {
    const line = lines[above];
    if (line === undefined || line.words.length > 0) break;
    if (line.hasComment && line.indent === indent) first = above;
  }
  return lines[first]?.start ?? 0;
}

/** Says of one line of code after another whether it begins a step. */
function createSplitter(): { beginsStep(line: LogicalLine): boolean } {
  let outer: number | undefined;
  /** Of the definition whose body is being split: undefined outside, 'open' before its first statement. */
  let body: number | 'open' | undefined;
  let isFirstOfBody = false;
  let isDecorated = false;
  const beginsOutside = ({ words: [word = '', next = ''], indent }: LogicalLine): boolean => {
    outer = indent;
    const continues = isDecorated || clauseWords.has(word);
    isDecorated = word === '@';
    body = word === 'def' || word === 'class' || next === 'def' ? 'open' : undefined;
    isFirstOfBody = true;
    return !continues;
  };
  const beginsInside = (line: LogicalLine): boolean => {
    const [word = ''] = line.words;
    const continues = isFirstOfBody || isDecorated || clauseWords.has(word);
    isDecorated = word === '@';
    // A docstring is not a statement of its own.
    isFirstOfBody = isFirstOfBody && line.kinds.every((kind) => kind === 'string');
    return !continues;
  };
  return {
    beginsStep: (line) => {
      if (outer === undefined || line.indent <= outer) return beginsOutside(line);
      if (body === 'open') body = line.indent;
      return line.indent === body && beginsInside(line);
    },
  };
}
