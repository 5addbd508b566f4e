import { FolderArtifactStore } from '@sipf/artifacts';
import type { SipfError } from '@sipf/errors';
import { lossOf, readWholeRun, runLayout } from '@sipf/runs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { displayPath } from '../display-path.ts';
import { driveEmbedded } from '../drive/drive-embedded.ts';
import { driveRemote } from '../drive/drive-remote.ts';
import { reportEnd } from '../drive/report-end.ts';
import { partsOf, servicesOf } from '../embedded/services-of.ts';
import type { ExitCode } from '../exit-codes.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { embeddedShape } from '../options/embedded-options.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import { createReporter } from '../progress/create-reporter.ts';
import { checkRunId } from '../runs/claim-run.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';

const shape = {
  json: z.boolean().default(false).describe('events as JSON, one a line, on standard output'),
  ...embeddedShape,
  ...serverShape('orchestration'),
} as const;
type Flags = FlagsOf<typeof shape>;

/** All that a succeeded run left is read before it is known whether there is something to do. */
const RESUME_MS = 3_600_000;

/** `sipf resume`: resumes a run that was cancelled, failed or killed. */
export const resumeCommand = defineCommand({
  name: 'resume',
  description: 'resume a run where it stopped; what it makes is the same as without the stop',
  arguments: { '<id>': 'the run' },
  shape,
  action: async ({ args: [id = ''], flags, terminal }) => {
    const runId = checkRunId(id);
    const server = remoteServer(flags);
    if (server === undefined) return resumeHere(runId, flags, terminal);
    const reporter = createReporter(terminal, flags);
    const run = await driveRemote(server, { terminal, reporter }, async (client) => {
      await client.resumeRun({ runId }, { deadlineMs: RESUME_MS });
      return runId;
    });
    return reportEnd(run, terminal, { runs: undefined, json: flags.json });
  },
});

async function resumeHere(runId: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const runs = resolve(terminal.cwd, flags.runs);
  const { standing, entries, stages, config } = await readWholeRun(runs, runId);
  const reporter = createReporter(terminal, flags);
  if (standing === 'succeeded') {
    const { folder, artifacts } = runLayout(runs, runId);
    const lost = await lossOf(folder, new FolderArtifactStore(artifacts), terminal.signal);
    if (lost === undefined) throw succeeded(runId, displayPath(terminal.cwd, resolve(runs, runId)));
    reporter.note(`what the run left is lost, and computed again: ${lost}`);
  }
  const done = stages.filter(({ completedAt }) => completedAt !== undefined).length;
  reporter.note(`run ${runId}: ${standing}, ${done} stages are done`);
  const { workers, threads, dashboard } = flags;
  const services = { workers, threads, dashboard, ...servicesOf(config), parts: partsOf([config]) };
  const settings = { runs, runId, ...services };
  const run = await driveEmbedded(settings, { terminal, reporter, fromEntry: entries }, async (client) => {
    await client.resumeRun({ runId }, { deadlineMs: RESUME_MS });
  });
  return reportEnd(run, terminal, { runs, json: flags.json });
}

function succeeded(runId: string, folder: string): SipfError {
  return usageError(`run ${runId} has succeeded and is whole; its results are in ${folder}`);
}
