import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName, SystemOptions } from '../system/chaos-system.ts';
import { openFarHost, type FarHost } from '../system/far-host.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf, skipped } from './outcome.ts';
import type { ScenarioOptions } from './scenarios.ts';

/** Services of the far host: those that hear no events, so that nats-server may stay on loopback. */
const FAR: readonly ServiceName[] = ['training', 'execution'];
const CUT_MS = 8000;
const SLOW = ['delay', '150ms', '50ms', 'loss', '1%', 'rate', '2mbit'];
const CUT = ['loss', '100%'];

/** Training and execution on a host of their own behind a slow line, which is cut for a while. */
export async function slowNetwork({ reference, tell }: ScenarioOptions): Promise<void> {
  const what = `the line to ${FAR.join(' and ')}`;
  using host = openFarHost();
  if (host === undefined) {
    tell([skipped('network', what, 'this user may not make network namespaces (ip netns, tc netem)')]);
    return;
  }
  const slow = await disturbedRun(reference, { options: placement(host), before: () => host.shape(SLOW) });
  tell(outcomesOf('network', [{ what, when: SLOW.join(' ') }], slow));
  const stages = ['sft-0', 'sample-1'];
  const cut = await disturbedRun(reference, {
    options: placement(host),
    during: async (system, signal) => {
      for (const stage of stages) {
        await untilAtWork(system, stage, signal);
        await host.shape(CUT);
        await sleep(CUT_MS, undefined, { signal }).finally(() => host.shape([]));
      }
    },
  });
  const disturbances = stages.map((stage) => ({ what, when: `cut for ${CUT_MS / 1000} s in ${stage}` }));
  tell(outcomesOf('network', disturbances, cut));
}

/** The far services listen on the far host's address, in clear text: the line is this machine's own. */
function placement({ prefix, address }: FarHost): Pick<SystemOptions, 'host' | 'flags'> {
  const flags = Object.fromEntries(FAR.map((name) => [name, ['--allow-insecure']]));
  const near = { prefix: [], address: '127.0.0.1:0' };
  return { flags, host: (name) => (FAR.includes(name) ? { prefix, address: `${address}:0` } : near) };
}
