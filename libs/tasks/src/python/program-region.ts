import { fencedBlocks } from './fenced-blocks.ts';
import { logicalLines, type LogicalLine } from './logical-lines.ts';
import { isProse } from './prose.ts';

/** Where in a model's text its program stands. */
export interface ProgramRegion {
  readonly start: number;
  /** Offset after its last unit. */
  readonly end: number;
}

/**
 * The program of a model's text as one piece of it: of the fenced blocks the last one that defines again what the first
 * definition is of, else the first that defines something, else the first one; without fences the text without the prose before
 * and after. A text that is not a program at all is given whole.
 */
export function programRegion(text: string): ProgramRegion {
  return withoutProse(text, fencedRegion(text) ?? { start: 0, end: text.length });
}

function fencedRegion(text: string): ProgramRegion | undefined {
  const blocks = fencedBlocks(text).map(({ start, end }) => ({ start, end }));
  const names = blocks.map(({ start, end }) => definedNames(text.slice(start, end)));
  const [first] = names.find((defined) => defined.length > 0) ?? [];
  const at = names.findLastIndex((defined) => first !== undefined && defined.includes(first));
  return blocks[Math.max(0, at)];
}

function definedNames(code: string): string[] {
  return [...code.matchAll(/^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)/gm)].map(
    (match) => match[1] ?? '',
  );
}

/** Without the lines of prose before the first line of code and all that follows the first one after it. */
export function withoutProse(text: string, { start, end }: ProgramRegion): ProgramRegion {
  const lines = logicalLines(text.slice(start, end));
  const first = lines.findIndex(isCode);
  if (first === -1) return { start, end };
  const from = startOfCode(lines, first);
  const after = lines.findIndex((line, index) => index > first && line.indent === 0 && isProse(line));
  return {
    start: start + (lines[from]?.start ?? 0),
    end: after === -1 ? end : start + (lines[after]?.start ?? 0),
  };
}

function isCode(line: LogicalLine): boolean {
  return line.words.length > 0 && !isProse(line);
}

/** Comments and blank lines above the first line of code go with it, unless prose is above them. */
function startOfCode(lines: readonly LogicalLine[], first: number): number {
  return lines.slice(0, first).some(isProse) ? first : 0;
}
