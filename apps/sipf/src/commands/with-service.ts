import { waitForReady, type ClientSecurity } from '@sipf/service';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceEnvironment } from '../embedded/service-environment.ts';
import { threadsByDefault } from '../embedded/threads-by-default.ts';
import type { RemoteServer } from '../options/server-options.ts';
import { programOf, type ServiceName } from '../repository.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { Terminal } from '../terminal.ts';

/** A service that a command works with. */
export interface ServiceInUse {
  readonly address: string;
  readonly security: ClientSecurity;
  /** Aborts when the command is cancelled, and when the service died too often. */
  readonly signal: AbortSignal;
}

const REMOTE_READY_MS = 15_000;

/**
 * Does some work with a service: with the one at `server`, else with one of its own that lives only as long as the work.
 * @throws SipfError `unavailable` when no service is ready; AbortError when the command is cancelled
 */
export async function withService<T>(
  service: {
    readonly name: ServiceName;
    readonly flags: readonly string[];
    readonly server: RemoteServer | undefined;
  },
  terminal: Terminal,
  work: (service: ServiceInUse) => Promise<T>,
): Promise<T> {
  const { server } = service;
  if (server !== undefined) {
    const { address, security } = server;
    const { signal } = terminal;
    await waitForReady(address, { signal, deadlineMs: REMOTE_READY_MS, ...security });
    return await work({ address, security, signal });
  }
  return await withOwnService(service, terminal, work);
}

async function withOwnService<T>(
  { name, flags }: { readonly name: ServiceName; readonly flags: readonly string[] },
  terminal: Terminal,
  work: (service: ServiceInUse) => Promise<T>,
): Promise<T> {
  const logs = await mkdtemp(join(tmpdir(), 'sipf-'));
  const note = (text: string): void => {
    terminal.screen.write(`${text}\n`);
  };
  const supervisor = new Supervisor({
    env: { ...serviceEnvironment(terminal.env), ...threadsByDefault(terminal.env) },
    note,
  });
  const failure = new AbortController();
  supervisor.failed.catch((error: unknown) => {
    failure.abort(error);
  });
  const kill = (): void => {
    supervisor.kill();
  };
  terminal.kill.addEventListener('abort', kill);
  try {
    const spec = { name, main: programOf(name), flags, logFile: join(logs, `${name}.log`), isLogKept: false };
    const { address } = await supervisor.start(spec, { signal: terminal.signal });
    const signal = AbortSignal.any([terminal.signal, failure.signal]);
    return await work({ address, security: {}, signal });
  } catch (error) {
    // Why the service is gone says more than that a call did not succeed.
    throw failure.signal.aborted ? failure.signal.reason : error;
  } finally {
    await supervisor.stop();
    terminal.kill.removeEventListener('abort', kill);
    // What it says last is in the error.
    await rm(logs, { recursive: true, force: true });
  }
}
