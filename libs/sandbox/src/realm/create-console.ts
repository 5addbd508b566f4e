import type { Inspect } from './create-inspect.ts';

/** Where the console's text goes: the child's side of the isolate. */
export type WriteOutput = (stream: 'stdout' | 'stderr', text: string) => void;

/**
 * Builds a `console` of output functions only. `console.assert` throws like `assert`, because tests written with it mean it.
 * One call hands over at most `maxChars` characters, so that a huge string is not copied out of the isolate.
 * Runs inside the isolate from its source text.
 */
export function createConsole(
  write: WriteOutput,
  inspect: Inspect,
  maxChars: number,
): (assert: object) => object {
  const print =
    (stream: 'stdout' | 'stderr') =>
    (...values: readonly unknown[]) => {
      let line = '';
      let separator = '';
      for (const value of values) {
        line += separator + (typeof value === 'string' ? value : inspect(value));
        separator = ' ';
        if (line.length > maxChars) break;
      }
      write(stream, `${line.length > maxChars ? line.slice(0, maxChars) : line}\n`);
    };
  const out = print('stdout');
  const err = print('stderr');
  const nothing = () => undefined;
  return (assert) =>
    Object.freeze({
      log: out,
      info: out,
      debug: out,
      dir: out,
      table: out,
      error: err,
      warn: err,
      trace: err,
      assert,
      group: out,
      groupEnd: nothing,
      time: nothing,
      timeEnd: nothing,
      count: nothing,
    });
}
