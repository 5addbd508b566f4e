import type { Format } from './create-format.ts';
import type { Inspect, InspectOptions } from './create-inspect.ts';

/** Where the console's text goes: the child's side of the isolate. */
export type WriteOutput = (stream: 'stdout' | 'stderr', text: string) => void;

/** What {@link createConsole} is put together from. */
export interface ConsoleParts {
  readonly write: WriteOutput;
  readonly format: Format;
  readonly inspect: Inspect;
}

/**
 * Builds a `console` of output functions only. `console.assert` throws like `assert`, because tests written with it mean it;
 * times are not measured. Runs inside the isolate from its source text.
 */
export function createConsole({ write, format, inspect }: ConsoleParts): (assert: object) => object {
  const { max } = Math;
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

  const tableRows = (data: object): [index: unknown, row: unknown][] => {
    if (data instanceof Map) return [...(data as Map<unknown, unknown>)];
    if (data instanceof Set) return [...(data as Set<unknown>)].map((row, at) => [at, row]);
    return Object.entries(data);
  };
  /** As Node draws it: a column for every key that a row has, and one for rows that are not objects. */
  const drawTable = (data: object, columns?: readonly string[]) => {
    const rows = tableRows(data);
    const keys = [...new Set(rows.flatMap(([, row]) => (isObject(row) ? Object.keys(row) : [])))];
    const shown = columns ?? keys;
    const hasValues = rows.some(([, row]) => !isObject(row));
    const cell = (value: unknown) => inspect(value, { depth: isObject(value) ? -1 : 0 });
    const head = ['(index)', ...shown, ...(hasValues ? ['Values'] : [])];
    const body = rows.map(([index, row]) => [
      String(index),
      ...shown.map((key) => (isObject(row) && key in row ? cell((row as Record<string, unknown>)[key]) : '')),
      ...(hasValues ? [isObject(row) ? '' : cell(row)] : []),
    ]);
    const widths = head.map((name, at) =>
      body.reduce((most, row) => max(most, row[at]?.length ?? 0), name.length),
    );
    const rule = (left: string, middle: string, right: string) =>
      left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
    const line = (row: readonly string[]) =>
      `│ ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' │ ')} │`;
    return [
      rule('┌', '┬', '┐'),
      line(head),
      rule('├', '┼', '┤'),
      ...body.map(line),
      rule('└', '┴', '┘'),
    ].join('\n');
  };

  return (assert) => {
    let margin = '';
    const counts = new Map<string, number>();
    const put = (stream: 'stdout' | 'stderr', text: string) => {
      const lines = margin === '' ? text : margin + text.replaceAll('\n', `\n${margin}`);
      write(stream, `${lines}\n`);
    };
    const print =
      (stream: 'stdout' | 'stderr') =>
      (...values: readonly unknown[]) => {
        put(stream, values.length === 0 ? '' : format(...values));
      };
    const [out, err] = [print('stdout'), print('stderr')];
    const open = (...values: readonly unknown[]) => {
      if (values.length > 0) out(...values);
      margin += '  ';
    };
    const close = () => {
      margin = margin.slice(2);
    };
    const nothing = () => undefined;
    return Object.freeze({
      log: out,
      info: out,
      debug: out,
      error: err,
      warn: err,
      trace: err,
      assert,
      dir: (value: unknown, options?: InspectOptions) => {
        put('stdout', inspect(value, options));
      },
      table: (data: unknown, columns?: readonly string[]) => {
        if (isObject(data)) put('stdout', drawTable(data, columns));
        else out(data);
      },
      group: open,
      groupCollapsed: open,
      groupEnd: close,
      count: (label = 'default') => {
        counts.set(label, (counts.get(label) ?? 0) + 1);
        out(`${label}: ${counts.get(label) ?? 0}`);
      },
      countReset: (label = 'default') => {
        counts.delete(label);
      },
      time: nothing,
      timeEnd: nothing,
      timeLog: nothing,
    });
  };
}
