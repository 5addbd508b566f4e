import { logicalLines, type LogicalLine } from './logical-lines.ts';
import { programRegion } from './program-region.ts';
import { isKeyword } from './prose.ts';

/** A statement at the top level of a program, with its block, decorators and the comments inside. */
interface Statement {
  readonly lines: readonly LogicalLine[];
  /** What it defines, for functions and classes. */
  readonly defines: string | undefined;
}

/**
 * The program of a model's text, ready to be run before tests: without fences and prose, without later repetitions of what it
 * defines, without a definition at its end that was cut off, and without the calls, assertions and main blocks that
 * a model writes behind it. It ends with a line break.
 * @param wanted names that the tests may use; where none of them is defined, nothing but prose is taken away
 */
export function extractProgram(text: string, wanted: ReadonlySet<string>): string {
  const { start, end } = programRegion(text);
  const region = text.slice(start, end);
  const statements = topLevelStatements(logicalLines(region));
  const isWanted = ({ defines }: Statement): boolean => defines !== undefined && wanted.has(defines);
  const kept = statements.some(isWanted) ? withoutExtras(statements, isWanted) : statements;
  const lines = kept.flatMap((statement) => statement.lines);
  return ensureBreak(lines.map((line) => region.slice(line.start, line.end)).join(''));
}

/** The names in a text of tests. */
export function namesIn(tests: string): ReadonlySet<string> {
  return new Set(tests.match(/[\p{ID_Start}_][\p{ID_Continue}]*/gu));
}

function topLevelStatements(lines: readonly LogicalLine[]): Statement[] {
  const statements: LogicalLine[][] = [];
  let isDecorated = false;
  for (const line of lines) {
    const [word = ''] = line.words;
    const begins = line.words.length > 0 && line.indent === 0 && !isDecorated && !isClause(word);
    const last = statements.at(-1);
    if (begins || last === undefined) statements.push([line]);
    else last.push(line);
    if (line.words.length > 0) isDecorated = line.indent === 0 && word === '@';
  }
  return statements.map((of) => ({ lines: of, defines: definedIn(of) }));
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

function withoutExtras(
  statements: readonly Statement[],
  isWanted: (statement: Statement) => boolean,
): Statement[] {
  const first = statements.findIndex(isWanted);
  return statements.filter((statement, index) => {
    const { defines } = statement;
    if (defines === undefined) return index < first || !isExtra(statement);
    if (chosenOf(statements, defines) !== statement) return false;
    return isWanted(statement) || index < statements.length - 1 || isWhole(statement);
  });
}

/** The first definition of a name that has a body; a stub counts only where there is nothing else. */
function chosenOf(statements: readonly Statement[], name: string): Statement | undefined {
  const all = statements.filter(({ defines }) => defines === name);
  return all.find((statement) => isWhole(statement) && !isStub(statement)) ?? all[0];
}

/** A body of more than a docstring, `pass` and `...`. */
function isStub({ lines }: Statement): boolean {
  const meaning = lines.filter(({ words }) => words.length > 0 && words[0] !== '@');
  const [head, ...body] = meaning;
  if (head === undefined || head.words.at(-1) !== ':') return false;
  return body.every(
    ({ words, kinds }) =>
      kinds.every((kind) => kind === 'string') || ['pass', '...'].includes(words[0] ?? ''),
  );
}

/** Whether it was written to its end, as far as its brackets, strings and last line tell. */
function isWhole({ lines }: Statement): boolean {
  const last = lines.findLast(({ words }) => words.length > 0);
  return lines.every(({ isClosed }) => isClosed) && last?.words.at(-1) !== ':';
}

/** What a model writes behind its program to show it: calls and other expressions, assertions, a main block. */
function isExtra({ lines }: Statement): boolean {
  const line = lines.find(({ words }) => words.length > 0);
  const [word = '', next] = line?.words ?? [];
  if (word === 'assert' || (word === 'if' && next === '__name__')) return true;
  return line !== undefined && !isKeyword(word) && !assigns(line);
}

function assigns({ words }: LogicalLine): boolean {
  let depth = 0;
  return words.some((word) => {
    if ('([{'.includes(word)) depth++;
    if (')]}'.includes(word)) depth--;
    return depth === 0 && /^(?:=|[^=!<>]+=|<<=|>>=)$/.test(word);
  });
}

function ensureBreak(code: string): string {
  return code === '' || code.endsWith('\n') ? code : `${code}\n`;
}
