import { orchestration } from '@sipf/contracts';
import { runLayout } from '@sipf/runs';
import { createClient } from '@sipf/service';
import { startEmbedded, type EmbeddedSettings } from '../embedded/start-embedded.ts';
import type { OrchestrationClient } from '../follow/follow-run.ts';
import type { Reporter } from '../progress/reporter.ts';
import { clearLeftovers } from '../runs/leftovers.ts';
import type { Terminal } from '../terminal.ts';
import { followToEnd } from './follow-to-end.ts';

/** Services of an attempt that was killed notice it at once, but may be within a long step. */
const LEFTOVERS_MS = 15_000;

/**
 * Starts the services of a run on this machine, begins (or resumes) the run, follows it to its end and stops the services.
 * @param begin starts the run at the orchestrator, or resumes it
 */
export async function driveEmbedded(
  settings: EmbeddedSettings,
  {
    terminal,
    reporter,
    fromEntry,
  }: { readonly terminal: Terminal; readonly reporter: Reporter; readonly fromEntry?: number },
  begin: (client: OrchestrationClient) => Promise<unknown>,
): Promise<orchestration.Run> {
  const note = (text: string): void => {
    reporter.note(text);
  };
  await clearServices(settings, { terminal, note });
  note('starting the services');
  await using services = await startEmbedded(settings, { ...terminal, note });
  using client = createClient(orchestration.OrchestrationServiceDefinition, services.orchestration);
  await begin(client);
  const { failed } = services;
  return await followToEnd(client, { runId: settings.runId, reporter, terminal, failed, fromEntry });
}

/** Waits for services of an attempt that was killed. @throws SipfError RUN_IN_USE while another command line drives them */
export async function clearServices(
  { runs, runId }: Pick<EmbeddedSettings, 'runs' | 'runId'>,
  { terminal, note }: { readonly terminal: Terminal; readonly note: (text: string) => void },
): Promise<void> {
  const { processes } = runLayout(runs, runId);
  await clearLeftovers(processes, { waitMs: LEFTOVERS_MS, signal: terminal.signal, note });
}
