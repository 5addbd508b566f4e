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

/** Which ends of a text are taken off: `start`, `end`, or both. */
type Sides = readonly ('start' | 'end')[];

/** Python's methods that take characters off a text's ends. */
export const STRIPS: ReadonlyMap<string, Sides> = new Map([
  ['strip', ['start', 'end']],
  ['lstrip', ['start']],
  ['rstrip', ['end']],
]);

/** Python's white space that JavaScript's is not: four separators, and the next line. U+FEFF is none in Python. */
const MORE_SPACE = new Set([0x1c, 0x1d, 0x1e, 0x1f, 0x85].map((code) => String.fromCharCode(code)));

function isSpace(character: string): boolean {
  return MORE_SPACE.has(character) || (character !== '\ufeff' && /^\s$/.test(character));
}

/** A text without characters of a set at its ends. @param set @default white space */
export function stripped(text: string, sides: Sides = ['start', 'end'], set?: string): string {
  const taken = new Set(set);
  const goes = (one: string): boolean => (set === undefined ? isSpace(one) : taken.has(one));
  const characters = Array.from(text);
  let [first, end] = [0, characters.length];
  while (sides.includes('start') && first < end && goes(characters[first] ?? '')) first++;
  while (sides.includes('end') && first < end && goes(characters[end - 1] ?? '')) end--;
  return characters.slice(first, end).join('');
}

/** Whether a text has characters that are two UTF-16 units. */
export function hasPairs(text: string): boolean {
  return /[\ud800-\udbff][\udc00-\udfff]/.test(text);
}
