import { orchestration } from '@sipf/contracts';
import { readRun, runLayout, storeOf } from '@sipf/runs';
import { createClient, text } from '@sipf/service';
import { resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import { checkRunId } from '../runs/claim-run.ts';
import { withService } from './with-service.ts';

const shape = {
  runs: runsFlag,
  artifacts: text('store').optional().describe("the artifact store, where it is not in the run's folder"),
  json: z.boolean().default(false).describe('a line of JSON for everything that was checked'),
  ...serverShape('orchestration'),
} as const;

/** Hashing a large store takes its time. */
const DEADLINE_MS = 24 * 3_600_000;

/** `sipf verify`: whether a run that nobody drives is whole. */
export const verifyCommand = defineCommand({
  name: 'verify',
  description:
    'whether a run is whole: its log and curves, what is derived from it, ' +
    'the hash of every artifact, and the folders that models/ links to',
  arguments: { '<id>': 'the run' },
  shape,
  action: async ({ args: [id = ''], flags, terminal }) => {
    checkRunId(id);
    const server = remoteServer(flags);
    const looking = server === undefined ? await lookingFlags(id, flags, terminal.cwd) : [];
    const service = { name: 'orchestration', flags: looking, server } as const;
    const faults = await withService(service, terminal, async ({ address, security, signal }) => {
      const definition = orchestration.OrchestrationServiceDefinition;
      using client = createClient(definition, address, { ...security, signal, deadlineMs: DEADLINE_MS });
      const tally = { checked: 0, sizeBytes: 0n, faults: 0 };
      for await (const finding of client.verifyRun({ runId: id })) {
        tally.checked += 1;
        tally.sizeBytes += finding.sizeBytes;
        if (finding.fault !== '') tally.faults += 1;
        const line = flags.json ? toJson(finding) : describe(finding);
        if (line !== undefined) terminal.stdout.write(`${line}\n`);
      }
      const mib = (Number(tally.sizeBytes) / 2 ** 20).toFixed(1);
      terminal.screen.write(`${tally.checked} checked (${mib} MiB), ${tally.faults} faults\n`);
      return tally.faults;
    });
    return faults === 0 ? EXIT.ok : EXIT.failed;
  },
});

/** Flags of an orchestrator that only looks. */
async function lookingFlags(
  id: string,
  { runs, artifacts }: FlagsOf<typeof shape>,
  cwd: string,
): Promise<readonly string[]> {
  const folderOfRuns = resolve(cwd, runs);
  await readRun(folderOfRuns, id);
  const store = artifacts ?? (await storeOf(folderOfRuns, id)) ?? runLayout(folderOfRuns, id).artifacts;
  return ['--runs', folderOfRuns, '--artifacts', store];
}

function toJson({ subject, name, sizeBytes, fault }: orchestration.VerifyRunResponse): string {
  return JSON.stringify({ subject, name, sizeBytes: Number(sizeBytes), ...(fault === '' ? {} : { fault }) });
}

/** The text names faults only. */
function describe({ subject, name, fault }: orchestration.VerifyRunResponse): string | undefined {
  return fault === '' ? undefined : `${subject} (${name}): ${fault}`;
}
