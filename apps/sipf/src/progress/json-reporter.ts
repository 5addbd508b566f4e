import type { orchestration } from '@sipf/contracts';
import type { Writable } from 'node:stream';
import type { Reporter } from './reporter.ts';

/** Every event as one JSON object a line: `entry`, `progress`, `note`; the end is the command's own line. */
export function createJsonReporter(stdout: Writable): Reporter {
  const write = (value: unknown): void => {
    stdout.write(`${JSON.stringify(value)}\n`);
  };
  return {
    event: (event) => {
      switch (event.$case) {
        case 'entry':
          write(entryLine(event.value));
          break;
        case 'progress': {
          const { stage, iteration, done, total, figures } = event.value;
          write({ type: 'progress', stage, iteration, done: Number(done), total: Number(total), figures });
          break;
        }
        case 'waiting':
          write({ type: 'waiting', why: event.value.why });
          break;
        case 'ended':
          break;
      }
    },
    note: (text) => {
      write({ type: 'note', text });
    },
    close: () => undefined,
  };
}

function entryLine({ index, at, kind, entryJson }: orchestration.LogEntry): Record<string, unknown> {
  const body = JSON.parse(entryJson) as Record<string, unknown>;
  return { type: 'entry', index: Number(index), at: at?.toISOString(), kind, ...body };
}
