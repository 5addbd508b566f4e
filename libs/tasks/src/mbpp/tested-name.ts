import { logicalLines } from '../python/logical-lines.ts';
import { tokenisePython } from '../python/tokens.ts';

/** A name in an assertion, of what is not a member of something else. */
interface Use {
  readonly name: string;
  readonly isCall: boolean;
  /** Brackets around it. */
  readonly depth: number;
}

/**
 * The function that tests are about: of all that the program defines, what an assertion calls furthest outside, the leftmost of
 * several; what only wraps it (`set(f(x))`, `math.isclose(f(x), 1)`) is not the program's. A function goes before a class as
 * deep in brackets, which is what the function is compared with. Where an assertion calls none, a function that it hands over
 * (`map(f, xs)`) counts. The program's first definition where the tests call none.
 */
export function testedName(code: string, tests: readonly string[]): string {
  const defined = definitions(code);
  for (const test of tests) {
    const uses = usesIn(test).filter(({ name }) => defined.has(name));
    const called = uses.filter(({ isCall }) => isCall);
    const calls = called.length > 0 ? called : uses.filter(({ name }) => defined.get(name) === 'def');
    const least = Math.min(...calls.map(({ depth }) => depth));
    const outermost = calls.filter(({ depth }) => depth === least);
    const found = outermost.find(({ name }) => defined.get(name) === 'def') ?? outermost[0];
    if (found !== undefined) return found.name;
  }
  return defined.keys().next().value ?? '';
}

/** What a program defines at its top level, in order, and by which word. */
function definitions(code: string): Map<string, string> {
  const defined = new Map<string, string>();
  for (const { words, indent } of logicalLines(code)) {
    const [kind, name] = words[0] === 'async' ? words.slice(1) : words;
    if (indent > 0 || name === undefined) continue;
    if (kind === 'def' || kind === 'class') defined.set(name, kind);
    // A name for what is defined otherwise, e.g. `f = lambda x: x`.
    else if (name === '=' && kind !== undefined) defined.set(kind, 'def');
  }
  return defined;
}

function usesIn(test: string): Use[] {
  const tokens = tokenisePython(test)
    .filter(({ kind }) => kind !== 'space' && kind !== 'newline' && kind !== 'comment')
    .map(({ kind, start, end }) => ({ kind, text: test.slice(start, end) }));
  const uses: Use[] = [];
  let depth = 0;
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === 'operator' && '([{'.includes(text)) depth++;
    if (kind === 'operator' && ')]}'.includes(text)) depth--;
    const isMember = tokens[at - 1]?.text === '.';
    if (kind === 'name' && !isMember) uses.push({ name: text, isCall: tokens[at + 1]?.text === '(', depth });
  }
  return uses;
}
