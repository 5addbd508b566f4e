import { untilAborted } from '@sipf/async';
import { bounded, BOUNDS } from '@sipf/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { serviceEnvironment } from '../embedded/service-environment.ts';
import { startDashboard } from '../embedded/start-dashboard.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { Terminal } from '../terminal.ts';
import { withService } from './with-service.ts';

const shape = {
  runs: runsFlag,
  port: bounded(BOUNDS.port)
    .meta({ value: 'number' })
    .default(0)
    .describe('port of loopback; 0 for a free one'),
} as const;

/** `sipf dashboard`: the web page over a folder of runs, until Ctrl-C. */
export const dashboardCommand = defineCommand({
  name: 'dashboard',
  description: 'a web page of the runs of a folder, finished or under way, until Ctrl-C',
  shape,
  action: async ({ flags, terminal }) => {
    const runs = resolve(terminal.cwd, flags.runs);
    // Without services it only looks at runs; their artifacts are in their folders.
    const looking = ['--runs', runs, '--artifacts', join(runs, 'artifacts')];
    const orchestration = { name: 'orchestration', flags: looking, server: undefined } as const;
    await withService(orchestration, terminal, ({ address, signal }) =>
      serve({ orchestration: address, port: flags.port, signal }, terminal),
    );
    return EXIT.ok;
  },
});

async function serve(
  { orchestration, port, signal }: { orchestration: string; port: number; signal: AbortSignal },
  terminal: Terminal,
): Promise<void> {
  const logs = await mkdtemp(join(tmpdir(), 'sipf-dashboard-'));
  const note = (text: string): void => {
    terminal.screen.write(`${text}\n`);
  };
  const supervisor = new Supervisor({ env: serviceEnvironment(terminal.env), note });
  try {
    const logFile = join(logs, 'dashboard.log');
    await startDashboard({ orchestration, logFile, supervisor, signal, note, port });
    await untilAborted(supervisor.failed, signal);
  } finally {
    await supervisor.stop();
    await rm(logs, { recursive: true, force: true });
  }
  // A person's Ctrl-C is how it ends; anything else is an error.
  if (!terminal.signal.aborted) signal.throwIfAborted();
}
