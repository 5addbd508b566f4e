import { pythonTokens, type ComparedToken } from './python-tokens.ts';

/** A logical line: what brackets and strings hold together. */
interface Line {
  readonly indent: number;
  readonly tokens: readonly ComparedToken[];
}

/**
 * A program without what says nothing: comments, empty lines, documentation strings, blanks between tokens, and how wide its
 * indentation is. A line of the result is a logical line, with a tab for every level; a blank stands only between words.
 */
export function normalisePython(text: string): string {
  const levels: number[] = [0];
  return logicalLines(pythonTokens(text))
    .filter(({ tokens }) => !isDocumentation(tokens))
    .map(({ indent, tokens }) => {
      while (indent < (levels.at(-1) ?? 0)) levels.pop();
      if (indent > (levels.at(-1) ?? 0)) levels.push(indent);
      return `${'\t'.repeat(levels.length - 1)}${joinTokens(tokens)}\n`;
    })
    .join('');
}

function logicalLines(tokens: readonly ComparedToken[]): Line[] {
  const lines: Line[] = [];
  let line: ComparedToken[] = [];
  let depth = 0;
  const finish = (): void => {
    const tokens = line.filter(({ kind }) => kind !== 'comment');
    lines.push({ indent: indentOf(tokens), tokens });
    [line, depth] = [[], 0];
  };
  for (const token of tokens) {
    if ('([{'.includes(token.text)) depth++;
    if (')]}'.includes(token.text)) depth = Math.max(0, depth - 1);
    if (token.kind === 'break' && depth === 0) finish();
    // A line break in brackets parts words as a blank does.
    else line.push(token.kind === 'break' ? { kind: 'blank', text: ' ' } : token);
  }
  finish();
  return lines;
}

/** Columns; a tab advances to the next multiple of 8. */
function indentOf([first]: readonly ComparedToken[]): number {
  if (first?.kind !== 'blank') return 0;
  let columns = 0;
  for (const character of first.text)
    columns = character === '\t' ? columns + 8 - (columns % 8) : columns + 1;
  return columns;
}

/** A statement of strings alone does nothing, and neither does an empty line. */
function isDocumentation(tokens: readonly ComparedToken[]): boolean {
  return tokens.every(
    ({ kind, text }) => kind === 'blank' || (kind === 'string' && !/^[a-z]*[ft]/i.test(text)),
  );
}

function joinTokens(tokens: readonly ComparedToken[]): string {
  let line = '';
  let last: ComparedToken | undefined;
  for (const token of tokens.filter(({ kind }) => kind !== 'blank')) {
    const areWords = last !== undefined && isWord(last) && isWord(token);
    line += areWords ? ` ${token.text}` : token.text;
    last = token;
  }
  return line;
}

/** Whether two of a kind would be another token without a blank between them: a word before a string would be its prefix. */
function isWord({ kind }: ComparedToken): boolean {
  return kind === 'word' || kind === 'string';
}
