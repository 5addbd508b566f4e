import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName, SystemOptions } from '../system/chaos-system.ts';
import { openFarHost, type FarHost } from '../system/far-host.ts';
import { startRelay, type Relay } from '../system/relay.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf, skipped } from './outcome.ts';
import type { ScenarioOptions } from './scenarios.ts';

/** Services of the far host: those that hear no events, so that nats-server may stay on loopback. */
const FAR: readonly ServiceName[] = ['training', 'execution'];
const CUT_MS = 8000;
/** Stages in which the line is cut. */
const STAGES = ['sft-0', 'sample-1'];
const SLOW = ['delay', '150ms', '50ms', 'loss', '1%', 'rate', '2mbit'];
const QUALITY = { delayMs: 150, bytesPerSecond: 250_000 };

/** A line to the far services. */
interface Line {
  readonly what: string;
  readonly options: Pick<SystemOptions, 'host' | 'flags' | 'via'>;
  readonly slow: () => Promise<void> | void;
  readonly cut: () => Promise<void> | void;
  readonly mend: () => Promise<void> | void;
}

/** Training and execution behind a slow line, and behind one that is cut for a while: packets of another host's, and bytes of a relay. */
export async function slowNetwork(options: ScenarioOptions): Promise<void> {
  using host = openFarHost();
  if (host === undefined) {
    const why = 'no network namespaces with netem here (needs root, ip, tc and the kernel module sch_netem)';
    options.tell([skipped('network', `another host with ${FAR.join(' and ')}`, why)]);
  } else {
    await disturbLine(options, lineTo(host));
  }
  await using relays = new AsyncDisposableStack();
  await disturbLine(options, relayedLine(relays));
}

async function disturbLine({ reference, tell }: ScenarioOptions, line: Line): Promise<void> {
  const { what, options } = line;
  const slow = await disturbedRun(reference, {
    options,
    before: async () => {
      await line.slow();
    },
  });
  tell(outcomesOf('network', [{ what, when: 'slow all the time' }], slow));
  const cut = await disturbedRun(reference, {
    options,
    during: async (system, signal) => {
      for (const stage of STAGES) {
        await untilAtWork(system, stage, signal);
        await line.cut();
        await sleep(CUT_MS, undefined, { signal }).finally(() => line.mend());
      }
    },
  });
  const disturbances = STAGES.map((stage) => ({ what, when: `cut for ${CUT_MS / 1000} s in ${stage}` }));
  tell(outcomesOf('network', disturbances, cut));
}

/** The far services listen on the far host's address, in clear text: the line is this machine's own. */
function lineTo(far: FarHost): Line {
  const { prefix, address } = far;
  const flags = Object.fromEntries(FAR.map((name) => [name, ['--allow-insecure']]));
  const near = { prefix: [], address: '127.0.0.1:0' };
  const host: SystemOptions['host'] = (name) =>
    FAR.includes(name) ? { prefix, address: `${address}:0` } : near;
  return {
    what: `packets to a host with ${FAR.join(' and ')}`,
    options: { flags, host },
    slow: () => far.shape(SLOW),
    cut: () => far.shape(['loss', '100%']),
    mend: () => far.shape([]),
  };
}

function relayedLine(opened: AsyncDisposableStack): Line {
  const relays: Relay[] = [];
  const via = async (name: ServiceName, address: string): Promise<string> => {
    if (!FAR.includes(name)) return address;
    const relay = opened.use(await startRelay(address, QUALITY));
    relays.push(relay);
    return relay.address;
  };
  return {
    what: `bytes to ${FAR.join(' and ')}`,
    options: { via },
    slow: () => undefined,
    cut: () => {
      for (const relay of relays) relay.cut();
    },
    mend: () => {
      for (const relay of relays) relay.mend();
    },
  };
}
