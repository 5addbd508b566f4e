import { toWireError } from '@sipf/errors';
import { Openings, preflight } from '@sipf/runs/preflight';
import type { PreflightReply, PreflightRequest } from './check-runs.ts';

/** Opens what runs would open, for `checkRuns`: takes one request from the process that started it, replies and ends. */
process.once('message', (request) => {
  void reply(request as PreflightRequest).then((message) => {
    process.send?.(message, () => process.exit());
  });
});
process.once('disconnect', () => process.exit());

async function reply({ configs, runs }: PreflightRequest): Promise<PreflightReply> {
  const openings = new Openings();
  const found: string[][] = [];
  try {
    for (const config of configs) found.push(await preflight(config, { runs, isRemote: true, openings }));
    return { found };
  } catch (error) {
    return { error: toWireError(error) };
  }
}
