/* eslint-disable @typescript-eslint/unbound-method -- methods are applied to values of any kind, whatever the values call theirs */
import type { Kinds } from './create-kinds.ts';
import type { Layout } from './create-layout.ts';
import type { Quote } from './create-quote.ts';

/** How a value is rendered, as options of Node's `util.inspect`. */
export interface InspectOptions {
  /** Levels of objects that are shown; null for all. @default 2 */
  readonly depth?: number | null;
  /** @default 80 */
  readonly breakLength?: number;
  /** @default 3 */
  readonly compact?: number | boolean;
  /** @default 100 */
  readonly maxArrayLength?: number | null;
  /** @default 10000 */
  readonly maxStringLength?: number | null;
}

/** Renders any value as text, as Node's `util.inspect` does. */
export type Inspect = (value: unknown, options?: InspectOptions) => string;

/** What {@link createInspect} is put together from. */
export interface InspectParts {
  readonly kinds: Kinds;
  readonly layout: Layout;
  readonly quote: Quote;
}

/**
 * Builds {@link Inspect}. What a promise or a weak collection holds cannot be seen, and whatever throws while it is looked at
 * (a proxy) is shown as unreadable. Runs inside the isolate from its source text.
 */
export function createInspect({ kinds, layout, quote }: InspectParts): Inspect {
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, apply } = Reflect;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { toString: sourceOf } = Function.prototype;
  const { toISOString } = Date.prototype;
  const { toString: kindOf } = Object.prototype;
  const [toText, tagKey, objectType, mapType, setType] = [String, Symbol.toStringTag, Object, Map, Set];
  const customKey = Symbol.for('nodejs.util.inspect.custom');
  const maxChars = 10_000;
  type Props = Record<PropertyKey, unknown>;

  /** One call: the settings, and where it is. */
  interface Walk {
    readonly depth: number;
    readonly breakLength: number;
    readonly compact: number;
    readonly maxEntries: number;
    readonly options: InspectOptions;
    readonly path: object[];
    readonly circles: Map<object, number>;
    indent: number;
    /** The level of the object that was begun last. */
    level: number;
  }

  const constructorOf = (value: object): string | null => {
    for (let link: object | null = value; link !== null; link = getPrototypeOf(link)) {
      const maker: unknown = getOwnPropertyDescriptor(link, 'constructor')?.value;
      const found = getOwnPropertyDescriptor(link, 'constructor');
      const type = maker ?? (found?.get !== undefined ? (link as Props)['constructor'] : undefined);
      if (typeof type === 'function' && type.name !== '' && value instanceof (type as never))
        return type.name;
    }
    return null;
  };
  const tagOf = (value: object) => {
    const tag = (value as Props)[tagKey];
    const isOwn = getOwnPropertyDescriptor(value, tagKey)?.enumerable === true;
    return typeof tag === 'string' && !isOwn ? tag : '';
  };
  /** What stands before an object's brace, with a blank behind it. */
  const prefixOf = (maker: string | null, tag: string, fallback: string, size = '') => {
    if (maker === null) {
      const other = tag !== '' && fallback !== tag ? `[${tag}] ` : '';
      return `[${fallback}${size}: null prototype] ${other}`;
    }
    const at = maker.indexOf(tag);
    const next = maker.charAt(at + tag.length);
    const isInName = at >= 0 && (next === '' || next !== next.toLowerCase());
    return `${maker}${size} ${tag === '' || isInName ? '' : `[${tag}] `}`;
  };
  const styleOf = (maker: string | null, tag: string) => prefixOf(maker, tag, 'Object');

  const renderText = (text: string, walk: Walk) => {
    const { maxStringLength = maxChars } = walk.options;
    const shown = text.slice(0, maxStringLength ?? Infinity);
    const rest = text.length - shown.length;
    const trailer = rest === 0 ? '' : `... ${rest} more character${rest > 1 ? 's' : ''}`;
    const isLong = walk.compact > 0 && shown.length > 16 && shown.length > walk.breakLength - walk.indent - 4;
    if (!isLong) return quote(shown) + trailer;
    return (
      shown
        .split(/(?<=\n)/)
        .map(quote)
        .join(` +\n${' '.repeat(walk.indent + 2)}`) + trailer
    );
  };
  const renderPrimitive = (value: unknown, walk: Walk) => {
    if (typeof value === 'string') return renderText(value, walk);
    if (typeof value === 'bigint') return `${value}n`;
    return value === 0 && 1 / value < 0 ? '-0' : toText(value);
  };

  const renderKey = (key: string | symbol) => {
    if (typeof key === 'symbol') return toText(key);
    if (key === '__proto__') return "['__proto__']";
    return /^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key) ? key : quote(key);
  };
  const renderSlot = (found: PropertyDescriptor, level: number, walk: Walk) => {
    if (found.get !== undefined) return found.set === undefined ? '[Getter]' : '[Getter/Setter]';
    if (found.set !== undefined) return '[Setter]';
    walk.indent += 2;
    const text = render(found.value, level, walk);
    walk.indent -= 2;
    return text;
  };
  const renderEntry = (value: object, key: string | symbol, level: number, walk: Walk) => {
    const found = getOwnPropertyDescriptor(value, key);
    const name = found?.enumerable === false ? `[${renderKey(key)}]` : renderKey(key);
    return `${name}: ${found === undefined ? 'undefined' : renderSlot(found, level, walk)}`;
  };
  const isIndex = (key: string | symbol) => typeof key === 'string' && /^(?:0|[1-9]\d{0,9})$/.test(key);
  const keysOf = (value: object, isList: boolean) =>
    ownKeys(value).filter(
      (key) => getOwnPropertyDescriptor(value, key)?.enumerable === true && !(isList && isIndex(key)),
    );
  const more = (rest: number) => `... ${rest} more item${rest > 1 ? 's' : ''}`;

  const renderItems = (list: ArrayLike<unknown>, level: number, walk: Walk) => {
    const entries: string[] = [];
    let at = 0;
    while (at < list.length && entries.length < walk.maxEntries) {
      let holes = 0;
      while (at < list.length && getOwnPropertyDescriptor(list, at) === undefined)
        [holes, at] = [holes + 1, at + 1];
      if (holes > 0) entries.push(`<${holes} empty item${holes > 1 ? 's' : ''}>`);
      else entries.push(renderSlot(getOwnPropertyDescriptor(list, at++) ?? {}, level, walk));
    }
    if (at < list.length) entries.push(more(list.length - at));
    return entries;
  };
  const renderMembers = (members: Iterable<unknown>, size: number, level: number, walk: Walk) => {
    const entries: string[] = [];
    walk.indent += 2;
    for (const member of members) {
      if (entries.length === walk.maxEntries) {
        entries.push(more(size - entries.length));
        break;
      }
      entries.push(render(member, level, walk));
    }
    walk.indent -= 2;
    return entries;
  };
  const renderPairs = (map: ReadonlyMap<unknown, unknown>, level: number, walk: Walk) => {
    const entries: string[] = [];
    walk.indent += 2;
    for (const [key, value] of map) {
      if (entries.length === walk.maxEntries) {
        entries.push(more(map.size - entries.length));
        break;
      }
      entries.push(`${render(key, level, walk)} => ${render(value, level, walk)}`);
    }
    walk.indent -= 2;
    return entries;
  };

  const describeFunction = (value: object, maker: string | null, tag: string) => {
    const { name } = value as { name?: unknown };
    const text = apply(sourceOf, value, []);
    const isNamed = typeof name === 'string' && name !== '';
    if (/^class\b/.test(text)) {
      const parent: { name?: string } | null = getPrototypeOf(value);
      const above = parent?.name === undefined || parent.name === '' ? '' : ` extends ${parent.name}`;
      return `[class ${isNamed ? name : '(anonymous)'}${maker === null ? ' extends null' : above}]`;
    }
    const kind =
      maker === null ? 'Function (null prototype)' : (/^\w*Function$/.exec(maker)?.[0] ?? 'Function');
    const other = tag === '' || tag === maker ? '' : ` [${tag}]`;
    return `[${kind}${isNamed ? `: ${name}` : ' (anonymous)'}]${other}`;
  };
  const describeError = (value: Props, keys: (string | symbol)[], walk: Walk) => {
    const stack =
      typeof value['stack'] === 'string' && value['stack'] !== '' ? value['stack'] : toText(value);
    for (const key of ['stack', 'message', 'name']) {
      const at = keys.indexOf(key);
      if (at >= 0 && (key === 'stack' || stack.includes(toText(value[key])))) keys.splice(at, 1);
    }
    for (const key of ['cause', 'errors']) {
      if (getOwnPropertyDescriptor(value, key) !== undefined && !keys.includes(key)) keys.push(key);
    }
    const lines = stack.split('\n');
    // Only what lies in the program: the rest is the sandbox's own.
    const frames = lines.filter(
      (line, at) => at === 0 || !/^ +at /.test(line) || /\b(?:program|tests)\.[jt]s:/.test(line),
    );
    const text = frames.some((line) => /^ +at /.test(line)) ? frames.join('\n') : `[${frames.join('\n')}]`;
    return text.replaceAll('\n', `\n${' '.repeat(walk.indent)}`);
  };

  /** What is known of an object before its entries are rendered. */
  interface Shape {
    base: string;
    open: string;
    readonly close: string;
    readonly keys: (string | symbol)[];
    readonly items?: ArrayLike<unknown>;
    readonly entries: (level: number, walk: Walk) => string[];
    /** Shown without braces where there are no keys. */
    readonly isPlainBase?: boolean;
    readonly isEmpty?: boolean;
  }
  const noEntries = () => [];
  const shapeOf = (value: object, maker: string | null, tag: string, walk: Walk): Shape => {
    const typed = kinds.typedArrayName(value);
    if (isArray(value)) {
      const prefix =
        maker === 'Array' && tag === '' ? '' : prefixOf(maker, tag, 'Array', `(${value.length})`);
      const keys = keysOf(value, true);
      const entries = (level: number, of: Walk) => renderItems(value, level, of);
      return {
        base: '',
        open: `${prefix}[`,
        close: ']',
        keys,
        items: value,
        entries,
        isEmpty: value.length === 0,
      };
    }
    if (typed !== undefined) {
      const list = value as Uint8Array;
      const open = `${prefixOf(maker, tag, typed, `(${list.length})`)}[`;
      const entries = (level: number, of: Walk) => renderItems(list, level, of);
      return {
        base: '',
        open,
        close: ']',
        keys: keysOf(value, true),
        items: list,
        entries,
        isEmpty: list.length === 0,
      };
    }
    const keys = keysOf(value, false);
    const braced = (open: string, entries: Shape['entries'] = noEntries, isEmpty = true): Shape => ({
      ...{ base: '', open, close: '}', keys, entries, isEmpty },
    });
    const based = (base: string): Shape => ({ ...braced('{'), base, isPlainBase: true });
    if (kinds.isSet(value)) {
      const entries = (level: number, of: Walk) => renderMembers(new setType(value), value.size, level, of);
      return braced(`${prefixOf(maker, tag, 'Set', `(${value.size})`)}{`, entries, value.size === 0);
    }
    if (kinds.isMap(value)) {
      const entries = (level: number, of: Walk) => renderPairs(new mapType(value), level, of);
      return braced(`${prefixOf(maker, tag, 'Map', `(${value.size})`)}{`, entries, value.size === 0);
    }
    if (typeof value === 'function') return based(describeFunction(value, maker, tag));
    if (kinds.isPattern(value))
      return based((maker === 'RegExp' ? '' : prefixOf(maker, tag, 'RegExp')) + toText(value));
    if (kinds.isDate(value)) {
      const text =
        kinds.timeOf(value) === kinds.timeOf(value) ? apply(toISOString, value as Date, []) : 'Invalid Date';
      return based((maker === 'Date' ? '' : prefixOf(maker, tag, 'Date')) + text);
    }
    if (kinds.isError(value)) return based(describeError(value as Props, keys, walk));
    if (kinds.isBuffer(value)) {
      const bytes = new Uint8Array(value);
      const shown = [...bytes.slice(0, 50)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
      const rest = bytes.length - 50;
      const left = rest > 0 ? ` ... ${rest} more byte${rest > 1 ? 's' : ''}` : '';
      const entries = () => [`[Uint8Contents]: <${shown}${left}>`, `[byteLength]: ${bytes.length}`];
      return braced(`${prefixOf(maker, tag, 'ArrayBuffer')}{`, entries, false);
    }
    if (isView(value)) {
      const entries = (level: number, of: Walk) =>
        (['byteLength', 'byteOffset', 'buffer'] as const).map((key) => {
          of.indent += 2;
          const text = render((value as unknown as Props)[key], level, of);
          of.indent -= 2;
          return `[${key}]: ${text}`;
        });
      return braced(`${prefixOf(maker, tag, 'DataView')}{`, entries, false);
    }
    if (kinds.isOpaque(value)) {
      const name = maker ?? tag;
      const entries = () => [name.includes('Weak') ? '<items unknown>' : '<pending>'];
      return braced(`${prefixOf(maker, tag, name)}{`, entries, false);
    }
    const box = kinds.unbox(value);
    if (box !== undefined) {
      const type = (objectType(box.primitive) as object).constructor.name;
      const isText = typeof box.primitive === 'string';
      const own = type === maker ? '' : ` (${maker ?? 'null prototype'})`;
      const kept = isText ? keys.filter((key) => !isIndex(key)) : keys;
      const base = `[${type}${own}: ${renderPrimitive(box.primitive, { ...walk, compact: 0 })}]`;
      return { ...based(base), keys: kept };
    }
    if (maker === 'Object') {
      const isArguments = apply(kindOf, value, []) === '[object Arguments]' && tag === '';
      if (isArguments) return braced('[Arguments] {');
      return braced(tag === '' ? '{' : `${prefixOf(maker, tag, 'Object')}{`);
    }
    return braced(`${styleOf(maker, tag)}{`);
  };

  const renderObject = (value: object, level: number, walk: Walk): string => {
    const maker = constructorOf(value);
    const tag = tagOf(value);
    const { base, open, close, keys, items, entries, isPlainBase, isEmpty } = shapeOf(
      value,
      maker,
      tag,
      walk,
    );
    if (keys.length === 0 && isPlainBase === true) return base;
    if (keys.length === 0 && isEmpty === true) return `${open}${close}`;
    if (level > walk.depth)
      return maker === null
        ? styleOf(maker, tag).slice(0, -1)
        : `[${styleOf(isArray(value) ? 'Array' : maker, tag).slice(0, -1)}]`;
    walk.path.push(value);
    walk.level = level + 1;
    const all = entries(level + 1, walk);
    for (const key of keys) all.push(renderEntry(value, key, level + 1, walk));
    walk.path.pop();
    const circle = walk.circles.get(value);
    const mark = circle === undefined ? '' : `<ref *${circle}>`;
    const { indent, breakLength, compact, maxEntries } = walk;
    return layout(
      {
        entries: all,
        base: [mark, base].filter((part) => part !== '').join(' '),
        braces: [open, close],
        items,
        depth: walk.level - (level + 1),
      },
      { indent, breakLength, compact, maxEntries },
    );
  };
  const renderCustom = (value: object, level: number, walk: Walk): string | undefined => {
    const custom = (value as Props)[customKey];
    if (typeof custom !== 'function') return undefined;
    if (
      (getOwnPropertyDescriptor(value, 'constructor')?.value as { prototype?: unknown } | undefined)
        ?.prototype === value
    )
      return undefined;
    const shown = apply(custom, value, [walk.depth - level, walk.options, inspect]) as unknown;
    if (shown === value) return undefined;
    return typeof shown === 'string'
      ? shown.replaceAll('\n', `\n${' '.repeat(walk.indent)}`)
      : render(shown, level, walk);
  };
  const render = (value: unknown, level: number, walk: Walk): string => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
      return renderPrimitive(value, walk);
    const custom = renderCustom(value, level, walk);
    if (custom !== undefined) return custom;
    if (!walk.path.includes(value)) return renderObject(value, level, walk);
    const index = walk.circles.get(value) ?? walk.circles.size + 1;
    walk.circles.set(value, index);
    return `[Circular *${index}]`;
  };
  const inspect: Inspect = (value, options = {}) => {
    const { depth = 2, breakLength = 80, compact = 3, maxArrayLength = 100 } = options;
    const level = typeof compact === 'number' ? compact : compact ? 3 : 0;
    try {
      return render(value, 0, {
        depth: depth ?? Infinity,
        breakLength,
        compact: level,
        maxEntries: maxArrayLength ?? Infinity,
        options,
        path: [],
        circles: new mapType<object, number>(),
        indent: 0,
        level: 0,
      });
    } catch {
      return '[unreadable]';
    }
  };
  return Object.assign(inspect, { custom: customKey, defaultOptions: {} });
}
