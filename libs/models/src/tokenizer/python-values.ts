/** A value of @huggingface/jinja while a template is rendered. */
export interface RuntimeValue {
  readonly type: string;
  readonly value: unknown;
  toString(): string;
}

/** What Python's `str` makes of a value, where the library writes what JavaScript makes of it. */
export function pythonText(value: RuntimeValue): string {
  return value.type === 'StringValue' ? String(value.value) : pythonRepr(value);
}

function pythonRepr(runtime: RuntimeValue): string {
  const { type, value } = runtime;
  switch (type) {
    case 'StringValue':
      return quoted(String(value));
    case 'BooleanValue':
      return value === true ? 'True' : 'False';
    case 'NullValue':
      return 'None';
    case 'UndefinedValue':
      return '';
    case 'ArrayValue':
      return `[${listed(value)}]`;
    case 'TupleValue':
      return (value as unknown[]).length === 1 ? `(${listed(value)},)` : `(${listed(value)})`;
    case 'ObjectValue':
      return `{${[...(value as Map<string, RuntimeValue>)].map(([key, item]) => `${quoted(key)}: ${pythonRepr(item)}`).join(', ')}}`;
    default:
      return runtime.toString();
  }
}

function listed(value: unknown): string {
  return (value as RuntimeValue[]).map(pythonRepr).join(', ');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\p{Cc}]/gu, (character) => {
    return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** Python's `==`, where the library compares as JavaScript does, `'1'` and 1 being equal and no two lists. */
export function pythonEquals(a: RuntimeValue, b: RuntimeValue): boolean {
  const [left, right] = [a.value, b.value];
  // The library's null and undefined have one value.
  if (left == null || right == null) return a.type === b.type;
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      a.type === b.type &&
      left.length === right.length &&
      left.every((item, at) => pythonEquals(item as RuntimeValue, right[at] as RuntimeValue))
    );
  }
  if (left instanceof Map && right instanceof Map) return sameEntries(left, right);
  if (isNumber(left) && isNumber(right)) return Number(left) === Number(right);
  return left === right;
}

function sameEntries(left: ReadonlyMap<unknown, unknown>, right: ReadonlyMap<unknown, unknown>): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, item]) => {
    const other = right.get(key);
    return other !== undefined && pythonEquals(item as RuntimeValue, other as RuntimeValue);
  });
}

/** Python's truth values are 0 and 1. */
function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}
