import { orchestration } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { startEmbedded, type EmbeddedSettings } from '../embedded/start-embedded.ts';
import type { OrchestrationClient } from '../follow/follow-run.ts';
import type { Reporter } from '../progress/reporter.ts';
import { holdServices } from '../runs/hold-services.ts';
import type { Terminal } from '../terminal.ts';
import { followToEnd } from './follow-to-end.ts';

/**
 * Starts the services of a run on this machine, begins (or resumes) the run, follows it to its end and stops the services.
 * @param begin starts the run at the orchestrator, or resumes it
 * @throws SipfError RUN_IN_USE while another command line, or an orchestrator of its own, holds the run
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
  await using held = await holdServices(settings, { terminal, note });
  note('starting the services');
  await using services = await startEmbedded(settings, { ...terminal, note });
  using client = createClient(orchestration.OrchestrationServiceDefinition, services.orchestration);
  await begin(client);
  const failed = Promise.race([services.failed, held.lost]);
  return await followToEnd(client, { runId: settings.runId, reporter, terminal, failed, fromEntry });
}
