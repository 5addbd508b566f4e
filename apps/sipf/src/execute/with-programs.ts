import { connectExecution, type Executor } from '@sipf/outcomes';
import { count, seconds } from '@sipf/service';
import { withService } from '../commands/with-service.ts';
import type { FlagsOf } from '../options/define-command.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import type { Terminal } from '../terminal.ts';
import { openVerdictJournal, type VerdictJournal } from './verdict-journal.ts';

/**
 * Flags of a command that has programs run.
 * @param about what stands before each description, where the flags are for some of the command's work alone
 */
export function programShape(about = '') {
  return {
    ...serverShape('execution'),
    concurrency: count.default(16).describe(`${about}programs at the service at once`),
    wallMs: count.default(3000).describe(`${about}longest run of a program`),
    memoryMib: count.default(128).describe(`${about}most memory of a program`),
    timeout: seconds.default(600).describe(`${about}longest wait for a verdict`),
  } as const;
}

type ProgramFlags = FlagsOf<ReturnType<typeof programShape>>;

/** What programs are run with. */
export interface ProgramRun {
  readonly executor: Executor;
  readonly bounds: { readonly signal: AbortSignal; readonly timeoutMs: number };
  readonly limits: { readonly wallTimeMs: number; readonly memoryMib: number };
}

/**
 * Runs programs at an execution service: an own one grants what the flags ask for, one that runs already lowers it to its
 * limits.
 */
export async function withPrograms(
  { wallMs, memoryMib, concurrency, timeout, ...flags }: ProgramFlags,
  { clientId, terminal }: { readonly clientId: string; readonly terminal: Terminal },
  use: (run: ProgramRun) => Promise<void>,
): Promise<void> {
  const granted = { '--wall-time-ms': wallMs, '--cpu-time-ms': wallMs, '--memory-limit-mib': memoryMib };
  const service = {
    name: 'execution',
    flags: Object.entries(granted).flatMap(([flag, value]) => [flag, String(value)]),
    server: remoteServer(flags),
  } as const;
  await withService(service, terminal, async ({ address, security, signal }) => {
    using executor = connectExecution(address, { ...security, clientId, concurrency });
    const bounds = { signal, timeoutMs: timeout * 1000 };
    await use({ executor, bounds, limits: { wallTimeMs: wallMs, memoryMib } });
  });
}

/** Keeps verdicts beside the result until it is complete, so that a call that was interrupted is repeated without them. */
export async function withVerdictJournal(
  out: string,
  { screen }: Terminal,
  use: (journal: VerdictJournal | undefined) => Promise<void>,
): Promise<void> {
  const journal = out === '-' ? undefined : await openVerdictJournal(`${out}.verdicts.jsonl`);
  try {
    if (journal !== undefined && journal.recovered > 0)
      screen.write(`${journal.recovered} verdicts of an interrupted call are used\n`);
    await use(journal);
    await journal?.remove();
  } catch (error) {
    await journal?.close();
    throw error;
  }
}
