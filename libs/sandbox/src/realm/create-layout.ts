/** Where and how entries are to be laid out. */
interface LayoutOptions {
  /** Columns to the left that are taken already. */
  readonly indent: number;
  readonly breakLength: number;
  /** Levels inside that still fit on a line: 3, or 0 for none. */
  readonly compact: number;
  readonly maxEntries: number;
}

/** The parts of a rendered object. */
interface LaidOut {
  readonly entries: readonly string[];
  /** Before the opening brace, e.g. a function's name. */
  readonly base: string;
  readonly braces: readonly [open: string, close: string];
  /** The items of a list, which are put in columns where there are more than six; undefined for other objects. */
  readonly items: ArrayLike<unknown> | undefined;
  /** Levels of objects inside. */
  readonly depth: number;
}

/** Joins the entries of an object to text. */
export type Layout = (laid: LaidOut, options: LayoutOptions) => string;

/** Builds {@link Layout}, which breaks lines where Node does. Runs inside the isolate from its source text. */
export function createLayout(): Layout {
  const { max, min, sqrt, round, floor } = Math;
  const isNumber = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';
  const isWide = (code: number) =>
    code >= 0x1100 &&
    (code <= 0x115f ||
      (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff01 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1f64f) ||
      (code >= 0x1f900 && code <= 0x1f9ff) ||
      (code >= 0x20000 && code <= 0x3fffd));
  const widthOf = (text: string) => {
    let width = 0;
    for (const character of text) width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
    return width;
  };

  /** How many columns come nearest to a square of entries; at most one where they are too different in width. */
  const columnsFor = (
    widths: readonly number[],
    count: number,
    { indent, breakLength, compact }: LayoutOptions,
  ) => {
    const total = widths.reduce((sum, width) => sum + width + 2, 0);
    const widest = widths.reduce((most, width) => max(most, width), 0);
    const column = widest + 2;
    if (column * 3 + indent >= breakLength || (total / column <= 5 && widest > 6)) return 1;
    const biased = max(column - 3 - sqrt(column - total / count), 1);
    const square = round(sqrt(2.5 * biased * widths.length) / biased);
    return min(square, floor((breakLength - indent) / column), compact * 4, 15);
  };
  const inColumns = (entries: readonly string[], items: ArrayLike<unknown>, options: LayoutOptions) => {
    // The entry that counts those left out stands on a line of its own.
    const last = entries.length - (entries.length > options.maxEntries ? 1 : 0);
    const widths = entries.slice(0, last).map(widthOf);
    const columns = columnsFor(widths, entries.length, options);
    if (columns <= 1) return entries;
    const columnWidths = Array.from({ length: columns }, (_, column) =>
      widths.reduce((most, width, at) => (at % columns === column ? max(most, width) : most), 0),
    );
    const isRight = entries.every((_, at) => isNumber(items[at]));
    const lines: string[] = [];
    for (let from = 0; from < last; from += columns) {
      const row = entries.slice(from, min(from + columns, last)).map((entry, at, all) => {
        const isEnd = at === all.length - 1;
        const text = isEnd ? entry : `${entry}, `;
        const spaces =
          (columnWidths[at] ?? 0) + (isEnd ? 0 : 2) - (widths[from + at] ?? 0) - (text.length - entry.length);
        const padding = ' '.repeat(max(0, spaces));
        if (isRight) return padding + text;
        return isEnd ? text : text + padding;
      });
      lines.push(row.join(''));
    }
    return [...lines, ...entries.slice(last)];
  };
  const fitsOneLine = (entries: readonly string[], start: number, base: string, breakLength: number) => {
    let length = entries.length + start;
    if (length + entries.length > breakLength || base.includes('\n')) return false;
    for (const entry of entries) length += entry.length;
    return length <= breakLength && !entries.some((entry) => entry.includes('\n'));
  };
  return ({ entries, base, braces: [open, close], items, depth }, options) => {
    const { indent, compact, breakLength } = options;
    const prefix = base === '' ? open : `${base} ${open}`;
    const lines =
      compact > 0 && items !== undefined && entries.length > 6 ? inColumns(entries, items, options) : entries;
    const isWhole = lines.length === entries.length;
    const start = lines.length + indent + open.length + base.length + 10;
    if (depth < compact && isWhole && fitsOneLine(lines, start, base, breakLength)) {
      return `${prefix} ${lines.join(', ')} ${close}`;
    }
    const margin = `\n${' '.repeat(indent)}`;
    return `${prefix}${margin}  ${lines.join(`,${margin}  `)}${margin}${close}`;
  };
}
