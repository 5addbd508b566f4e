import { logicalLines, type LogicalLine } from './logical-lines.ts';
import { isProse } from './prose.ts';

/** Where in a model's text its program stands. */
export interface ProgramRegion {
  readonly start: number;
  /** Offset after its last unit. */
  readonly end: number;
}

const fenceLine = /^[ \t]*(```+|~~~+)([^\n`]*)(?:\n|$)/gm;

/**
 * The program of a model's text: the first fenced block that defines something (else the first one), or without fences the
 * text without the prose before and after. A text that is no program at all is given whole.
 */
export function programRegion(text: string): ProgramRegion {
  return withoutProse(text, fencedRegion(text) ?? { start: 0, end: text.length });
}

function fencedRegion(text: string): ProgramRegion | undefined {
  const blocks = fencedBlocks(text);
  const defines = ({ start, end }: ProgramRegion): boolean =>
    /^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]/m.test(text.slice(start, end));
  return blocks.find(defines) ?? blocks[0];
}

/** Blocks between fences; a first fence after a definition closes one that the prompt opened, a last one may be missing. */
function fencedBlocks(text: string): ProgramRegion[] {
  const fences = [...text.matchAll(fenceLine)];
  const [first] = fences;
  if (first === undefined) return [];
  const isClosing =
    first[2]?.trim() === '' && /^[ \t]*(?:def|class|return)\b/m.test(text.slice(0, first.index));
  const blocks: ProgramRegion[] = [];
  let start = isClosing ? 0 : undefined;
  for (const { 0: line, index } of fences) {
    if (start === undefined) start = index + line.length;
    else {
      blocks.push({ start, end: index });
      start = undefined;
    }
  }
  if (start !== undefined) blocks.push({ start, end: text.length });
  return blocks.filter((block) => text.slice(block.start, block.end).trim() !== '');
}

/** Without the lines of prose before the first line of code and all that follows the first one after it. */
function withoutProse(text: string, { start, end }: ProgramRegion): ProgramRegion {
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
