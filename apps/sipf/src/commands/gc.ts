import { collectGarbage, openArtifactStore } from '@sipf/artifacts';
import { bounded, BOUNDS } from '@sipf/contracts';
import { readRuns, referredDigests } from '@sipf/runs';
import { text } from '@sipf/service';
import { resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { usageError } from '../usage-error.ts';

const HOUR_MS = 3_600_000;

const shape = {
  runs: runsFlag.describe('folder of all runs that use the store'),
  artifacts: text('store').describe('a folder, s3://BUCKET/PREFIX or nats://HOST:PORT/BUCKET'),
  olderThanHours: bounded(BOUNDS.hours).default(24).describe('leave what was put since then'),
  dryRun: z.boolean().default(false).describe('count what would go, and remove nothing'),
  json: z.boolean().default(false).describe('the counts as one JSON object'),
} as const;

/** `sipf gc`: removes artifacts that no run of a folder names. */
export const gcCommand = defineCommand({
  name: 'gc',
  description: 'remove artifacts that no run of the folder names, from a store that only these runs use',
  shape,
  action: async ({ flags, terminal }) => {
    const runs = resolve(terminal.cwd, flags.runs);
    await refuseWhileDriven(runs);
    const putBeforeMs = terminal.now() - flags.olderThanHours * HOUR_MS;
    const { dryRun } = flags;
    const { store, close } = await openArtifactStore(storeLocation(flags.artifacts, terminal.cwd));
    let report;
    try {
      const { signal } = terminal;
      report = await collectGarbage(store, await referredDigests(runs), { putBeforeMs, dryRun, signal });
    } finally {
      await close();
    }
    const { removedBlobs, removedBytes, keptBlobs, youngBlobs } = report;
    const mib = (removedBytes / 2 ** 20).toFixed(1);
    const counts =
      `${dryRun ? 'would remove' : 'removed'} ${removedBlobs} blobs (${mib} ` +
      `MiB), kept ${keptBlobs} that runs name and ${youngBlobs} young ones`;
    terminal.stdout.write(`${flags.json ? JSON.stringify(report) : counts}\n`);
    return EXIT.ok;
  },
});

/** What a run at work has put may be named nowhere yet. */
async function refuseWhileDriven(runs: string): Promise<void> {
  const driven = (await readRuns(runs)).filter(({ standing }) => standing === 'running').map(({ id }) => id);
  if (driven.length > 0)
    throw usageError(`runs are at work: ${driven.join(', ')}; wait for them, or cancel them`);
}

function storeLocation(location: string, cwd: string): string {
  return /^[a-z0-9]+:\/\//.test(location) ? location : resolve(cwd, location);
}
