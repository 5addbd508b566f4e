import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import { usageError } from '../usage-error.ts';

/** Keys from the top of a document down; indices of lists are numbers. */
type KeyPath = readonly (string | number)[];

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A document of settings, and where each of them stands. */
export interface YamlSettings {
  readonly value: Readonly<Record<string, unknown>>;
  /** Position of the setting's key, or of the innermost section around it that exists. */
  readonly locate: (path: KeyPath) => Position;
}

/**
 * Reads one YAML document.
 * @param name how errors name the file
 * @throws SipfError `invalid-argument` with a violation at `name:line:column` for everything that is not YAML
 */
export function parseYamlSettings(text: string, name: string): YamlSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const violations = faults.map(({ message, pos: [offset] }) => ({
      field: formatPosition(name, positionAt(lines, offset)),
      description: message,
    }));
    throw usageError(`${name} is not YAML`, { violations });
  }
  return { value: toObject(document, name), locate: (path) => positionAt(lines, offsetOf(document, path)) };
}

/** `name:line:column`, as compilers and editors write it. */
export function formatPosition(name: string, { line, column }: Position): string {
  return `${name}:${line}:${column}`;
}

function toObject(document: Document, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    throw usageError(`${name}: ${(cause as Error).message}`, { cause });
  }
  if (value === null) throw usageError(`${name} is empty: it must hold settings`);
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw usageError(`${name}:1:1: must be settings (\`key: value\`), is ${describe(value)}`);
  }
  return value as Record<string, unknown>;
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'a list' : `the ${typeof value} ${JSON.stringify(value)}`;
}

function offsetOf(document: Document, path: KeyPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    if (!isCollection(node)) break;
    const item = isMap(node)
      ? node.items.find((pair) => (isScalar(pair.key) ? String(pair.key.value) : undefined) === String(key))
      : node.items[Number(key)];
    if (item === undefined) break;
    offset = startOf(isPair(item) ? item.key : item) ?? offset;
    node = isPair(item) ? item.value : item;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Partial<Node> | null | undefined)?.range?.[0];
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
