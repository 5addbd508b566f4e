import { logicalLines, type LogicalLine } from './logical-lines.ts';
import { isKeyword } from './prose.ts';

/** A statement at the top level of a program, with its block, decorators and the comments inside. */
export interface Statement {
  readonly text: string;
  readonly lines: readonly LogicalLine[];
  /** What it defines, for functions and classes. */
  readonly defines: string | undefined;
}

/** The statements at the top level of a text of Python; joined, they are the text. */
export function topLevelStatements(text: string): Statement[] {
  const statements: LogicalLine[][] = [];
  let isDecorated = false;
  for (const line of logicalLines(text)) {
    const [word = ''] = line.words;
    const begins = line.words.length > 0 && line.indent === 0 && !isDecorated && !isClause(word);
    const last = statements.at(-1);
    if (begins || last === undefined) statements.push([line]);
    else last.push(line);
    if (line.words.length > 0) isDecorated = line.indent === 0 && word === '@';
  }
  return statements.map((lines) => ({
    text: lines.map((line) => text.slice(line.start, line.end)).join(''),
    lines,
    defines: definedIn(lines),
  }));
}

/** The names in a text of Python. */
export function namesIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/[\p{ID_Start}_][\p{ID_Continue}]*/gu));
}

/** The names that an import or an assignment gives a value; `*` for an import of everything. */
export function boundBy({ lines }: Statement): readonly string[] {
  const words = wordsOf(lines);
  if (words[0] === 'from' || words[0] === 'import') return importedNames(words);
  const at = words.findIndex((word) => word === '=' || word === ':');
  const targets = words.slice(0, at === -1 ? 0 : at);
  return targets.every((word) => /^[\p{ID_Continue}_,()]+$/u.test(word) && !isKeyword(word))
    ? targets.filter((word) => !/[,()]/.test(word))
    : [];
}

/** Whether it is an import. */
export function isImport({ lines }: Statement): boolean {
  return ['from', 'import'].includes(wordsOf(lines)[0] ?? '');
}

/** A body of no more than a docstring, `pass` and `...`. */
export function isStub({ lines }: Statement): boolean {
  const meaning = lines.filter(({ words }) => words.length > 0 && words[0] !== '@');
  const [head, ...body] = meaning;
  if (head === undefined || head.words.at(-1) !== ':') return false;
  return body.every(
    ({ words, kinds }) =>
      kinds.every((kind) => kind === 'string') || ['pass', '...'].includes(words[0] ?? ''),
  );
}

/** Whether it was written to its end, as far as its brackets, strings and last line show. */
export function isWhole({ lines }: Statement): boolean {
  const last = lines.findLast(({ words }) => words.length > 0);
  return lines.every(({ isClosed }) => isClosed) && last?.words.at(-1) !== ':';
}

/** What a model writes behind its program to show it: calls and other expressions, assertions, a main block. */
export function isExtra({ lines }: Statement): boolean {
  const line = lines.find(({ words }) => words.length > 0);
  const [word = '', next] = line?.words ?? [];
  if (word === 'assert' || (word === 'if' && next === '__name__')) return true;
  return line !== undefined && !isKeyword(word) && !assigns(line);
}

function isClause(word: string): boolean {
  return ['elif', 'else', 'except', 'finally'].includes(word);
}

function definedIn(lines: readonly LogicalLine[]): string | undefined {
  const head = lines.find(({ words: [word] }) => word !== undefined && word !== '@');
  const words = head?.words ?? [];
  const at = words[0] === 'async' ? 1 : 0;
  return words[at] === 'def' || words[at] === 'class' ? words[at + 1] : undefined;
}

function wordsOf(lines: readonly LogicalLine[]): readonly string[] {
  return lines.find(({ words }) => words.length > 0)?.words ?? [];
}

/** `import a.b` binds a, `import a.b as c` and `from a import b as c` bind c. */
function importedNames(words: readonly string[]): string[] {
  const from = words.indexOf('import') + 1;
  const parts = words.slice(from).filter((word) => word !== '(' && word !== ')');
  return parts
    .join(' ')
    .split(',')
    .map((part) => part.trim().split(' '))
    .map((part) => (part.includes('as') ? part.at(-1) : part[0]) ?? '');
}

function assigns({ words }: LogicalLine): boolean {
  let depth = 0;
  return words.some((word) => {
    if ('([{'.includes(word)) depth++;
    if (')]}'.includes(word)) depth--;
    return depth === 0 && /^(?:=|[^=!<>]+=|<<=|>>=)$/.test(word);
  });
}
