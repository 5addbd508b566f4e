import { tokenisePython, type PythonToken } from './tokens.ts';

/** A logical line of a program: what Python reads as one, however many lines of text brackets and strings make of it. */
export interface LogicalLine {
  /** Offset of its first unit, indentation included. */
  readonly start: number;
  /** Offset after its line break. */
  readonly end: number;
  /** Columns of indentation; a tab continues to the next multiple of 8. */
  readonly indent: number;
  /** The texts of its tokens without spaces, comments and line breaks; empty for a blank line and a comment alone. */
  readonly words: readonly string[];
  /** The kinds of `words`. */
  readonly kinds: readonly PythonToken['kind'][];
  readonly hasComment: boolean;
  /** False where a bracket or a string is left open. */
  readonly isClosed: boolean;
}

/** Words that begin statements and never stand in brackets: where one begins a line, an open bracket was forgotten. */
const statementWords = new Set(
  'def class import return while with try assert raise del global nonlocal pass break continue'.split(' '),
);

/** The logical lines of any text, comments and blank lines too; joined, they are the text. */
export function logicalLines(text: string): LogicalLine[] {
  const tokens = tokenisePython(text);
  const lines: LogicalLine[] = [];
  let first = 0;
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    depth = Math.max(0, depth + depthChange(text, token));
    if (token.kind !== 'newline' || (depth > 0 && !beginsStatement(text, tokens, index + 1))) continue;
    lines.push(toLine(text, tokens.slice(first, index + 1), depth === 0));
    first = index + 1;
    depth = 0;
  }
  if (first < tokens.length) lines.push(toLine(text, tokens.slice(first), depth === 0));
  return lines;
}

function toLine(text: string, tokens: readonly PythonToken[], isBalanced: boolean): LogicalLine {
  const meaning = tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment' && kind !== 'newline');
  const start = tokens[0]?.start ?? 0;
  return {
    start,
    end: tokens.at(-1)?.end ?? start,
    indent: columnsOf(/^[ \t\f]*/.exec(text.slice(start))?.[0] ?? ''),
    words: meaning.map((token) => text.slice(token.start, token.end)),
    kinds: meaning.map(({ kind }) => kind),
    hasComment: tokens.some(({ kind }) => kind === 'comment'),
    isClosed: isBalanced && !meaning.some((token) => isOpenString(text, token)),
  };
}

function isOpenString(text: string, { kind, start }: PythonToken): boolean {
  return kind === 'unknown' && /["'a-z]/i.test(text[start] ?? '');
}

function depthChange(text: string, { kind, start }: PythonToken): number {
  if (kind !== 'operator') return 0;
  const character = text[start] ?? '';
  if ('([{'.includes(character)) return 1;
  return ')]}'.includes(character) ? -1 : 0;
}

function beginsStatement(text: string, tokens: readonly PythonToken[], from: number): boolean {
  const next = tokens.slice(from, from + 2).find(({ kind }) => kind !== 'space');
  return next?.kind === 'name' && statementWords.has(text.slice(next.start, next.end));
}

function columnsOf(indentation: string): number {
  let columns = 0;
  for (const character of indentation) {
    if (character === '\t') columns += 8 - (columns % 8);
    else columns = character === '\f' ? 0 : columns + 1;
  }
  return columns;
}
