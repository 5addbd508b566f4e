import type { LabelType } from './create-label.ts';
import type { Utf8 } from './create-utf8.ts';

/** Builds the `URLSearchParams` of programs, as the standard of URLs has it. Runs inside the isolate from its source text. */
export function createUrlSearchParams(utf8: Utf8, label: LabelType): unknown {
  type Pair = [name: string, value: string];
  const custom = Symbol.for('nodejs.util.inspect.custom');
  const breakLength = 80;
  const toText = (value: unknown) => String(value).toWellFormed();
  const failed = (message: string, code: string) => Object.assign(new TypeError(message), { code });
  const need = (given: readonly unknown[], ...names: readonly string[]) => {
    if (given.length >= names.length) return;
    const listed = names.map((name) => `"${name}"`).join(' and ');
    const words = `The ${listed} argument${names.length > 1 ? 's' : ''} must be specified`;
    throw failed(words, 'ERR_MISSING_ARGS');
  };
  const decode = (text: string) => {
    const bytes: number[] = [];
    const given = utf8.encode(text.replaceAll('+', ' '));
    for (let at = 0; at < given.length; at += 1) {
      const digits = String.fromCharCode(given[at + 1] ?? 0, given[at + 2] ?? 0);
      const isEscape = given[at] === 0x25 && /^[\da-f]{2}$/i.test(digits);
      bytes.push(isEscape ? parseInt(digits, 16) : (given[at] ?? 0));
      if (isEscape) at += 2;
    }
    return utf8.decode(Uint8Array.from(bytes));
  };
  const encode = (text: string) =>
    text.replaceAll(/[^\w*.-]/gu, (sign) =>
      sign === ' '
        ? '+'
        : Array.from(
            utf8.encode(sign),
            (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
          ).join(''),
    );
  const parse = (text: string): Pair[] =>
    text
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const at = part.indexOf('=');
        return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
      });
  const toPair = (given: unknown): Pair => {
    const isList = (typeof given === 'object' || typeof given === 'function') && given !== null;
    const parts = isList && Symbol.iterator in given ? [...(given as Iterable<unknown>)] : [];
    if (parts.length === 2) return [toText(parts[0]), toText(parts[1])];
    throw failed('Each query pair must be an iterable [name, value] tuple', 'ERR_INVALID_TUPLE');
  };
  const read = (given: unknown): Pair[] => {
    const isObject = (typeof given === 'object' || typeof given === 'function') && given !== null;
    if (!isObject) return parse(toText(given).replace(/^\?/, ''));
    const { [Symbol.iterator]: iterate } = given as Record<symbol, unknown>;
    if (iterate !== undefined && iterate !== null && typeof iterate !== 'function')
      throw failed('Query pairs must be iterable', 'ERR_ARG_NOT_ITERABLE');
    if (typeof iterate === 'function') return Array.from(given as Iterable<unknown>, toPair);
    const found = new Map<string, string>();
    for (const key of Reflect.ownKeys(given)) {
      if (Reflect.getOwnPropertyDescriptor(given, key)?.enumerable !== true) continue;
      if (typeof key === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      found.set(toText(key), toText((given as Record<string, unknown>)[key]));
    }
    return [...found];
  };

  const anyIterator = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object;
  class Steps<T> {
    readonly #pairs: Iterator<Pair, void>;
    readonly #part: (pair: Pair) => T;
    constructor(pairs: Iterator<Pair, void>, part: (pair: Pair) => T) {
      this.#pairs = pairs;
      this.#part = part;
    }
    next(): IteratorResult<T, undefined> {
      const { value } = this.#pairs.next();
      return value === undefined
        ? { value: undefined, done: true }
        : { value: this.#part(value), done: false };
    }
    declare readonly [Symbol.iterator]: () => this;
  }
  Object.setPrototypeOf(Steps.prototype, anyIterator);
  label(Steps, 'URLSearchParams Iterator', ['next']);
  delete (Steps.prototype as { constructor?: unknown }).constructor;
  class URLSearchParams {
    #pairs: Pair[];
    constructor(...[given]: readonly unknown[]) {
      this.#pairs = given === undefined ? [] : read(given);
    }
    get size(): number {
      return this.#pairs.length;
    }
    append(...given: readonly unknown[]): void {
      need(given, 'name', 'value');
      this.#pairs.push([toText(given[0]), toText(given[1])]);
    }
    delete(...given: readonly unknown[]): void {
      const isMeant = this.#matching(given);
      this.#pairs = this.#pairs.filter((pair) => !isMeant(pair));
    }
    get(...given: readonly unknown[]): string | null {
      need(given, 'name');
      const wanted = toText(given[0]);
      return this.#pairs.find(([name]) => name === wanted)?.[1] ?? null;
    }
    getAll(...given: readonly unknown[]): string[] {
      need(given, 'name');
      const wanted = toText(given[0]);
      return this.#pairs.filter(([name]) => name === wanted).map(([, value]) => value);
    }
    has(...given: readonly unknown[]): boolean {
      return this.#pairs.some(this.#matching(given));
    }
    set(...given: readonly unknown[]): void {
      need(given, 'name', 'value');
      const [name, value] = [toText(given[0]), toText(given[1])];
      const first = this.#pairs.findIndex((pair) => pair[0] === name);
      if (first < 0) this.#pairs.push([name, value]);
      else {
        this.#pairs[first] = [name, value];
        this.#pairs = this.#pairs.filter((pair, at) => at === first || pair[0] !== name);
      }
    }
    sort(): void {
      this.#pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    }
    entries(): Iterator<Pair> & Iterable<Pair> {
      return new Steps(this.#walk(), ([name, value]) => [name, value]);
    }
    forEach(work: unknown, self?: unknown): void {
      if (typeof work !== 'function')
        throw failed('The "callback" argument must be of type function', 'ERR_INVALID_ARG_TYPE');
      for (const [name, value] of this) Reflect.apply(work, self, [value, name, this]);
    }
    keys(): Iterator<string> & Iterable<string> {
      return new Steps(this.#walk(), ([name]) => name);
    }
    values(): Iterator<string> & Iterable<string> {
      return new Steps(this.#walk(), ([, value]) => value);
    }
    toString(): string {
      return this.#pairs.map((pair) => pair.map(encode).join('=')).join('&');
    }
    [Symbol.iterator](): Iterator<Pair> & Iterable<Pair> {
      return this.entries();
    }
    /** What is appended meanwhile comes too. */
    *#walk(): Generator<Pair, void, undefined> {
      for (let at = 0; at < this.#pairs.length; at += 1) yield this.#pairs[at] as Pair;
    }
    #matching(given: readonly unknown[]): (pair: Pair) => boolean {
      need(given, 'name');
      const name = toText(given[0]);
      const value = given[1] === undefined ? undefined : toText(given[1]);
      return (pair) => pair[0] === name && (value === undefined || pair[1] === value);
    }
  }
  const show = function (
    this: URLSearchParams,
    depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    if (depth < 0) return '[Object]';
    const shown = [...this].map((pair) => pair.map((part) => inspect(part, options)).join(' => '));
    if (shown.length === 0) return 'URLSearchParams {}';
    const isLong = shown.join(', ').length > breakLength;
    return isLong
      ? `URLSearchParams {\n  ${shown.join(',\n  ')} }`
      : `URLSearchParams { ${shown.join(', ')} }`;
  };
  Object.defineProperty(URLSearchParams.prototype, custom, {
    value: show,
    writable: true,
    configurable: true,
  });
  label(
    URLSearchParams,
    'URLSearchParams',
    Object.getOwnPropertyNames(URLSearchParams.prototype).filter((name) => name !== 'constructor'),
  );
  return URLSearchParams;
}
