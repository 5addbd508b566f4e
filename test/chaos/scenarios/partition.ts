import { openFarHost } from '../system/far-host.ts';
import { Twins, TWINS } from '../system/twins.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf, skipped } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

const QUALITY = { delayMs: 3, bytesPerSecond: 12_500_000 };
const WHAT = 'a host with a second one of each service';

/**
 * Two of each service that answers calls, one of them on a host of its own whose packets vanish for ever while it has work: the
 * run goes on with the others.
 */
export async function partitions({ reference, report }: ScenarioOptions): Promise<void> {
  for (const stage of new Set(Object.values(TWINS))) {
    using far = await openFarHost(QUALITY);
    if (far === undefined) {
      report([
        skipped('partition', WHAT, 'no network namespace here (needs root, ip, tc, unshare and nsenter)'),
      ]);
      return;
    }
    const flags = ['--address', `${far.address}:0`, '--allow-insecure'];
    using twins = new Twins({ prefix: far.prefix, flags });
    const met = new Set<string>();
    const faults = await disturbedRun(reference, {
      options: (folder) => ({ via: twins.via(folder) }),
      during: async (system, signal) => {
        if (await untilAtWork(system, stage, signal)) met.add(stage);
        far.cut();
      },
    });
    const fault = met.has(stage) || faults.length > 0 ? undefined : 'the stage was over before';
    report(outcomesOf('partition', [{ what: WHAT, when: `cut off for ever in ${stage}`, fault }], faults));
  }
}
