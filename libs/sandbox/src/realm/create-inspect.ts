/** Renders any value as one line of text, for messages and the console. */
export type Inspect = (value: unknown) => string;

/**
 * Builds {@link Inspect}. Nested values end after three levels, collections after fifty entries, and whatever throws while it is
 * looked at (a proxy, a getter) is shown as unreadable. Runs inside the isolate from its source text.
 */
export function createInspect(): Inspect {
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { stringify } = JSON;
  const [maxDepth, maxEntries] = [3, 50];
  const arrayType = Array;
  const isArray = (value: unknown): value is unknown[] => arrayType.isArray(value);
  const [toText, errorType, mapType, setType, dateType, patternType] = [
    String,
    Error,
    Map,
    Set,
    Date,
    RegExp,
  ];

  const joinEntries = (entries: Iterable<string>) => {
    let text = '';
    let count = 0;
    for (const entry of entries) {
      if (count === maxEntries) return `${text}, ...`;
      text = count === 0 ? entry : `${text}, ${entry}`;
      count += 1;
    }
    return text;
  };
  function* properties(value: object, depth: number) {
    for (const key of ownKeys(value)) {
      const found = getOwnPropertyDescriptor(value, key);
      if (found?.enumerable !== true) continue;
      const name = typeof key === 'symbol' ? `[${key.toString()}]` : key;
      yield `${name}: ${'value' in found ? render(found.value, depth) : '[Getter]'}`;
    }
  }
  function* items(value: Iterable<unknown>, depth: number) {
    for (const item of value) yield render(item, depth);
  }
  function* pairs(value: ReadonlyMap<unknown, unknown>, depth: number) {
    for (const [key, item] of value) yield `${render(key, depth)} => ${render(item, depth)}`;
  }
  const renderObject = (value: object, depth: number): string => {
    if (depth > maxDepth) return isArray(value) ? '[Array]' : '[Object]';
    if (isArray(value)) return `[${joinEntries(items(value, depth + 1))}]`;
    if (value instanceof errorType) return `${value.name}: ${value.message}`;
    if (value instanceof mapType) return `Map(${value.size}) {${joinEntries(pairs(value, depth + 1))}}`;
    if (value instanceof setType) return `Set(${value.size}) {${joinEntries(items(value, depth + 1))}}`;
    if (value instanceof dateType || value instanceof patternType) return toText(value);
    const body = joinEntries(properties(value, depth + 1));
    const prototype = getPrototypeOf(value);
    const maker: unknown =
      prototype === null ? undefined : getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    const name = typeof maker === 'function' && maker.name !== '' ? `${maker.name} ` : '';
    return body === '' ? `${name}{}` : `${name}{ ${body} }`;
  };
  const render = (value: unknown, depth: number): string => {
    if (typeof value === 'string') return stringify(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function') return `[Function ${value.name}]`;
    if (typeof value === 'object' && value !== null) return renderObject(value, depth);
    return toText(value) === '0' && 1 / (value as number) < 0 ? '-0' : toText(value);
  };
  return (value) => {
    try {
      return render(value, 0);
    } catch {
      return '[unreadable]';
    }
  };
}
