import type { Inspect } from './create-inspect.ts';

/** Puts values together as text, after the directives of a first text (`%s`, `%d`, ...), as Node's `util.format` does. */
export type Format = (...values: readonly unknown[]) => string;

/** Builds {@link Format}. Runs inside the isolate from its source text. */
export function createFormat(inspect: Inspect): Format {
  const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { stringify } = JSON;
  const [toText, toNumber, toWhole, toFloat, plain] = [
    String,
    Number,
    parseInt,
    parseFloat,
    Object.prototype,
  ];
  const builtIn = new Set<unknown>([
    plain,
    Array.prototype,
    Error.prototype,
    Date.prototype,
    Function.prototype,
  ]);

  const hasOwnText = (value: object) => {
    for (let link: object | null = value; link !== null; link = getPrototypeOf(link)) {
      if (getOwnPropertyDescriptor(link, 'toString') !== undefined) return !builtIn.has(link);
    }
    return false;
  };
  const number = (value: unknown) => (value === 0 && 1 / value < 0 ? '-0' : toText(value));
  const text = (value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'number') return number(value);
    if (typeof value !== 'object' || value === null || hasOwnText(value)) return toText(value);
    return inspect(value, { depth: 0 });
  };
  const json = (value: unknown) => {
    try {
      return stringify(value);
    } catch (error) {
      if ((error as Error).message.includes('circular')) return '[Circular]';
      throw error;
    }
  };
  const numeric = (value: unknown, read: (value: string) => number) => {
    if (typeof value === 'symbol') return 'NaN';
    return number(read(value as string));
  };
  const directives: Record<string, (value: unknown) => string> = {
    s: text,
    d: (value) => (typeof value === 'bigint' ? `${value}n` : numeric(value, toNumber)),
    i: (value) => (typeof value === 'bigint' ? `${value}n` : numeric(value, (digits) => toWhole(digits))),
    f: (value) => numeric(value, toFloat),
    j: (value) => toText(json(value)),
    o: (value) => inspect(value, { depth: 4 }),
    O: (value) => inspect(value),
    c: () => '',
  };
  return (first, ...values) => {
    let line: string;
    let used = 0;
    if (typeof first === 'string' && values.length > 0) {
      line = first.replace(/%([sdifjoOc%])/g, (found, kind: string) => {
        if (kind === '%') return '%';
        if (used === values.length) return found;
        return directives[kind]?.(values[used++]) ?? found;
      });
    } else line = typeof first === 'string' ? first : inspect(first);
    for (; used < values.length; used += 1) {
      const value = values[used];
      line += ` ${typeof value === 'string' ? value : inspect(value)}`;
    }
    return line;
  };
}
