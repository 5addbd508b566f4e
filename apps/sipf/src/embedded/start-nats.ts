import { findNatsServer } from '@sipf/events';
import type { RunLayout } from '@sipf/runs';
import { isAbortError } from 'abort-controller-x';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOOLS } from '../repository.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

const PROGRAM = fileURLToPath(new URL('./nats-main.ts', import.meta.url));

/** What {@link startNats} needs. */
export interface NatsOptions {
  readonly layout: Pick<RunLayout, 'natsState' | 'logs'>;
  readonly supervisor: Supervisor;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  /** Folder of fetched programs. @default the checkout's */
  readonly toolsFolder?: string;
  /** @default true */
  readonly download?: boolean;
}

/** The URL of a NATS server: one that runs, or one of our own; undefined where none can be had, which is said. */
export async function startNats(options: NatsOptions): Promise<string | undefined> {
  const { supervisor, layout, env, signal, note, toolsFolder = TOOLS, download = true } = options;
  const found = await findNatsServer({ toolsFolder, env, download, log: note });
  signal.throwIfAborted();
  if (found?.kind === 'url') return found.url;
  if (found !== undefined) {
    const spec = {
      name: 'nats',
      main: PROGRAM,
      flags: ['--binary', found.binary, '--store', layout.natsState],
      logFile: join(layout.logs, 'nats.log'),
    };
    try {
      const server = await supervisor.start(spec, { signal, ready: () => Promise.resolve() });
      return `nats://${server.address}`;
    } catch (error) {
      if (isAbortError(error)) throw error;
      note(error instanceof Error ? error.message : String(error));
    }
  }
  note(
    'no NATS server: events stay inside the orchestrator, so services load models when asked, not ahead of time',
  );
  return undefined;
}
