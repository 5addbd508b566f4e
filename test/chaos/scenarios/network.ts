import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '../system/chaos-system.ts';
import { openFarLine, openRelayedLine, type Line } from '../system/line.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf, skipped } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** Services of the far host: those that hear no events, so that nats-server may stay on loopback. */
const FAR: readonly ServiceName[] = ['training', 'execution'];
const CUT_MS = 8000;
/** Stages in which the line is cut. */
const STAGES = ['sft-0', 'sample-1'];
const QUALITY = { delayMs: 150, bytesPerSecond: 250_000 };

/**
 * Training and execution behind a slow line, and behind one that is cut for a while: packets of another host's, and bytes of a
 * relay.
 */
export async function slowNetwork(options: ScenarioOptions): Promise<void> {
  for (const open of [openFarLine, openRelayedLine]) {
    await using line = await open(FAR, QUALITY);
    if (line === undefined) {
      const why = 'no network namespace with a shaped line here (needs root, ip, tc, unshare and nsenter)';
      options.report([skipped('network', `packets to a host with ${FAR.join(' and ')}`, why)]);
    } else {
      await disturbLine(options, line);
    }
  }
}

async function disturbLine({ reference, report }: ScenarioOptions, line: Line): Promise<void> {
  const { what, options } = line;
  const slow = await disturbedRun(reference, { options });
  report(outcomesOf('network', [{ what, when: 'slow all the time' }], slow));
  const cut = await disturbedRun(reference, {
    options,
    during: async (system, signal) => {
      for (const stage of STAGES) {
        await untilAtWork(system, stage, signal);
        line.cut();
        await sleep(CUT_MS, undefined, { signal }).finally(() => {
          line.mend();
        });
      }
    },
  });
  const disturbances = STAGES.map((stage) => ({
    what,
    when: `slow, and cut for ${CUT_MS / 1000} s in ${stage}`,
  }));
  report(outcomesOf('network', disturbances, cut));
}
