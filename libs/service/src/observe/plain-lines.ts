import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { DestinationStream } from 'pino';

/** Turns JSON log lines into `12:00:01 warn verification: text key=value` for people. */
export function plainLines(output: Pick<Writable, 'write'>): DestinationStream {
  return {
    write(line: string): void {
      output.write(`${formatLine(line)}\n`);
    },
  };
}

function formatLine(line: string): string {
  const { time, level, service, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const shown = Object.entries(rest).filter(([key]) => key !== 'pid');
  const facts = shown.map(([key, value]) => ` ${key}=${display(value)}`);
  const head = `${display(time).slice(11, 19)} ${display(level).padEnd(5)} ${display(service)}: ${display(msg)}`;
  return stripVTControlCharacters(`${head}${facts.join('')}${stackOf(err)}`);
}

function stackOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return '';
  return `\n${display(error.stack)}`;
}

function display(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}
