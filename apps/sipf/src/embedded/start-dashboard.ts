import { BOUNDS } from '@sipf/contracts';
import { isAbortError } from 'abort-controller-x';
import { programOf } from '../repository.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** What {@link startDashboard} needs. */
export interface DashboardOptions {
  /** `host:port` of the orchestrator. */
  readonly orchestration: string;
  readonly logFile: string;
  readonly supervisor: Supervisor;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  /** @default a free one */
  readonly port?: number | undefined;
}

/** A page is followed for as long as it is open. */
const MAX_CALL_MS = String(BOUNDS.timeoutMs.max);

/** Serves the web page of an orchestrator and says where; a page that cannot be had is said and is not an error. */
export async function startDashboard(options: DashboardOptions): Promise<string | undefined> {
  const { orchestration, logFile, supervisor, signal, note, port } = options;
  const flags = ['--orchestration', orchestration, '--max-call-ms', MAX_CALL_MS];
  const spec = { name: 'dashboard', main: programOf('dashboard'), flags, logFile, port };
  try {
    // It listens only when it can answer; gRPC's health check is not for a web server.
    const { address } = await supervisor.start(spec, { signal, ready: () => Promise.resolve() });
    const url = `http://${address}/`;
    note(`dashboard: ${url}`);
    return url;
  } catch (error) {
    if (isAbortError(error)) throw error;
    note(`no dashboard: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
