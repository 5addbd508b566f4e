import { parse, type Node, type Program } from 'acorn';

/** A piece of a source to replace; the replacement keeps the number of line breaks. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type AnyNode = Node & Readonly<Record<string, unknown>>;

/** Replaces `import` in `import(…)`: a function of the realm with a name of equal length. */
const loader = '$load_';
/** Replaces `import.meta`, likewise. */
const ownMeta = '$meta______';

/** The syntax of a module, or undefined. The text is untrusted: any failure of the parser means that it is not a module. */
export function parseModule(source: string): Program | undefined {
  try {
    return parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    });
  } catch {
    return undefined;
  }
}

/** Names that a module declares or imports at its top level. */
export function topLevelNames(module: Program): string[] {
  return (module.body as unknown as AnyNode[]).flatMap((statement) => {
    const { type, specifiers, declaration } = statement as unknown as Statement;
    if (type === 'ImportDeclaration') return (specifiers ?? []).flatMap(({ local }) => namesOf(local));
    const declared = type.startsWith('Export') ? declaration : (statement as unknown as Declaration);
    return declared === undefined || declared === null ? [] : namesDeclared(declared);
  });
}

/** The same source with calls of the realm's loader instead of `import(…)`, which the engine does not answer. */
export function withLoader(source: string): string {
  if (!/\bimport\s*\(/.test(source)) return source;
  const module = parseModule(source);
  if (module === undefined) return source;
  const edits: Edit[] = [];
  visit(module as unknown as AnyNode, ({ type, start }) => {
    if (type === 'ImportExpression') edits.push({ start, end: start + 'import'.length, text: loader });
  });
  return apply(source, edits);
}

/** The same module with the realm's own `import.meta`, which the engine leaves empty. */
export function withMeta(source: string, module: Program): string {
  const edits: Edit[] = [];
  visit(module as unknown as AnyNode, ({ type, start, end, meta }) => {
    const isOfModule = type === 'MetaProperty' && (meta as { readonly name?: string }).name === 'import';
    if (isOfModule) edits.push({ start, end, text: ownMeta });
  });
  return apply(source, edits);
}

/**
 * Turns tests with `import` and `export` into the body of a function: imports become constants with the values of `require`.
 * Undefined for tests that are not a module either.
 */
export function withoutModuleSyntax(source: string): string | undefined {
  const module = parseModule(source);
  if (module === undefined) return undefined;
  const edits = (module.body as unknown as Statement[]).flatMap((statement) => moduleEdit(source, statement));
  return apply(source, edits);
}

interface Specifier {
  readonly type: string;
  readonly local: Node;
  readonly imported?: { readonly name?: string; readonly value?: string };
}
interface Declaration extends Node {
  readonly declarations?: readonly { readonly id: Node }[];
  readonly id?: Node | null;
}
interface Statement extends Node {
  readonly specifiers?: readonly Specifier[];
  readonly declaration?: Declaration | null;
  readonly source?: { readonly raw: string } | null;
}

function moduleEdit(
  source: string,
  { type, start, end, specifiers, declaration, source: from }: Statement,
): Edit[] {
  const breaks = (text: string) => text.replaceAll(/[^\n]/g, '');
  if (type === 'ImportDeclaration') {
    const raw = from?.raw ?? '""';
    const names = (specifiers ?? []).map((specifier) => importedAs(specifier, raw, source));
    const text = names.length === 0 ? `require(${raw})` : `const ${names.join(', ')}`;
    return [{ start, end, text: `${text};${breaks(source.slice(start, end))}` }];
  }
  if (!type.startsWith('Export')) return [];
  if (declaration === undefined || declaration === null)
    return [{ start, end, text: breaks(source.slice(start, end)) }];
  const isNamed =
    declaration.id !== undefined ? declaration.id !== null : declaration.declarations !== undefined;
  return [{ start, end: declaration.start, text: isNamed ? '' : 'void ' }];
}

function importedAs({ type, local, imported }: Specifier, from: string, source: string): string {
  const name = source.slice(local.start, local.end);
  if (type === 'ImportSpecifier' && (imported?.name ?? imported?.value) !== 'default') {
    return `{ ${JSON.stringify(imported?.name ?? imported?.value)}: ${name} } = require(${from})`;
  }
  return `${name} = require(${from})`;
}

function namesDeclared({ declarations, id }: Declaration): string[] {
  if (declarations !== undefined) return declarations.flatMap((declared) => namesOf(declared.id));
  return id === undefined || id === null ? [] : namesOf(id);
}

/** The names bound by a pattern. */
function namesOf(pattern: Node): string[] {
  const { type, name, left, argument, elements, properties, value } = pattern as unknown as {
    readonly type: string;
    readonly name: string;
    readonly left: Node;
    readonly argument: Node;
    readonly elements: readonly (Node | null)[];
    readonly properties: readonly Node[];
    readonly value: Node;
  };
  if (type === 'Identifier') return [name];
  if (type === 'AssignmentPattern') return namesOf(left);
  if (type === 'RestElement') return namesOf(argument);
  if (type === 'Property') return namesOf(value);
  return (type === 'ArrayPattern' ? elements : properties).flatMap((part) =>
    part === null ? [] : namesOf(part),
  );
}

function visit(node: AnyNode, look: (node: AnyNode) => void): void {
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    look(next);
    for (const value of Object.values<unknown>(next).flat()) {
      if (typeof value === 'object' && value !== null && 'type' in value) waiting.push(value as AnyNode);
    }
  }
}

function apply(source: string, edits: readonly Edit[]): string {
  let text = source;
  for (const { start, end, text: other } of edits.toSorted((a, b) => b.start - a.start)) {
    text = text.slice(0, start) + other + text.slice(end);
  }
  return text;
}
