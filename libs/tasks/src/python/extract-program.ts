import { codeBlocks } from './code-blocks.ts';
import { withoutProse } from './program-region.ts';
import {
  boundBy,
  isExtra,
  isImport,
  isStub,
  isWhole,
  namesIn,
  topLevelStatements,
  type Statement,
} from './statements.ts';

export { namesIn } from './statements.ts';

type IsWanted = (statement: Statement) => boolean;

/**
 * The program of a model's text, ready to be run before tests: without fences and prose, without later repetitions of what it
 * defines, without a definition at its end that was cut off, and without the calls, assertions and main blocks that
 * a model writes behind it. Of several fenced blocks the last one counts that defines, whole, what is wanted, with what it needs
 * of the others. It ends with a line break.
 * @param wanted names that the tests may use; where none of them is defined, nothing but prose is taken away
 */
export function extractProgram(text: string, wanted: ReadonlySet<string>): string {
  const blocks = codeBlocks(text, wanted).map((block) => topLevelStatements(codeOf(block)));
  const isWanted: IsWanted = ({ defines }) => defines !== undefined && wanted.has(defines);
  const chosen = blocks.findLastIndex((block) =>
    block.some((one) => isWanted(one) && isWhole(one) && !isStub(one)),
  );
  const at = chosen === -1 ? blocks.findIndex((block) => block.some(isWanted)) : chosen;
  if (at === -1) return ensureBreak(joined(firstThatDefines(blocks)));
  return ensureBreak(joined(withNeeded(blocks, at, wanted)));
}

function codeOf(block: string): string {
  const { start, end } = withoutProse(block, { start: 0, end: block.length });
  return block.slice(start, end);
}

function firstThatDefines(blocks: readonly (readonly Statement[])[]): readonly Statement[] {
  return blocks.find((block) => block.some(({ defines }) => defines !== undefined)) ?? blocks[0] ?? [];
}

function joined(statements: readonly Statement[]): string {
  return statements
    .map(({ text }, index) => (index < statements.length - 1 ? ensureBreak(text) : text))
    .join('');
}

/** The block at an index with what it, and the tests, need of the others: imports first, the rest where it stood. */
function withNeeded(
  blocks: readonly (readonly Statement[])[],
  at: number,
  wanted: ReadonlySet<string>,
): readonly Statement[] {
  const isWanted: IsWanted = ({ defines }) => defines !== undefined && wanted.has(defines);
  const before = blocks.slice(0, at).flat();
  const behind = blocks.slice(at + 1).flat();
  // What a later block defines again is a correction.
  const corrected = new Set(
    behind.filter((one) => isWhole(one) && !isStub(one)).flatMap(({ defines }) => defines ?? []),
  );
  const own = withoutExtras(blocks[at] ?? [], isWanted).filter(
    ({ defines }) => defines === undefined || !corrected.has(defines),
  );
  const needed = neededOf([...before, ...behind], own, wanted);
  const isNeeded = (one: Statement): boolean => needed.has(one);
  const others = [...before, ...behind].filter(isNeeded);
  const isPart = (one: Statement): boolean => isNeeded(one) && !isImport(one);
  return [...others.filter(isImport), ...before.filter(isPart), ...own, ...behind.filter(isPart)];
}

/** Of other blocks, the last statement to define or bind each name that is used and not bound yet, and what those use in turn. */
function neededOf(
  others: readonly Statement[],
  own: readonly Statement[],
  wanted: ReadonlySet<string>,
): ReadonlySet<Statement> {
  const bound = new Set(own.flatMap(bindings));
  const needed = new Set<Statement>();
  const used = [...wanted, ...own.flatMap(({ text }) => [...namesIn(text)]), '*'];
  for (let name = used.pop(); name !== undefined; name = used.pop()) {
    if (bound.has(name)) continue;
    bound.add(name);
    const wantedName = name;
    const found = others.findLast(
      (one) => isWhole(one) && !isStub(one) && bindings(one).includes(wantedName),
    );
    if (found === undefined || needed.has(found)) continue;
    needed.add(found);
    used.push(...namesIn(found.text));
  }
  return needed;
}

function bindings(statement: Statement): readonly string[] {
  return statement.defines === undefined ? boundBy(statement) : [statement.defines];
}

function withoutExtras(statements: readonly Statement[], isWanted: IsWanted): Statement[] {
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

function ensureBreak(code: string): string {
  return code === '' || code.endsWith('\n') ? code : `${code}\n`;
}
