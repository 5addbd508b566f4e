import { cancelled } from './cancel.ts';
import { clockJumps } from './clock.ts';
import { fullDisk } from './disk.ts';
import { repeatedEvents } from './events.ts';
import { lostLeader, lostVolume } from './nats.ts';
import { slowNetwork } from './network.ts';
import { twoOrchestrators } from './orchestrators.ts';
import { partitions } from './partition.ts';
import { pinned } from './pinned.ts';
import { randomMoments } from './random.ts';
import { scaledReplicas } from './scale.ts';
import type { ScenarioOptions } from './scenario-options.ts';
import { fairShares } from './shares.ts';
import { silentReplicas } from './silent.ts';
import { stopForAWhile } from './stop.ts';

type Scenario = (options: ScenarioOptions) => Promise<void>;

/** Every scenario by its name on the command line. */
export const scenarios = {
  pinned,
  random: randomMoments,
  stop: stopForAWhile,
  silent: silentReplicas,
  partition: partitions,
  orchestrators: twoOrchestrators,
  disk: fullDisk,
  nats: lostVolume,
  'nats-leader': lostLeader,
  events: repeatedEvents,
  network: slowNetwork,
  clock: clockJumps,
  cancel: cancelled,
  shares: fairShares,
  scale: scaledReplicas,
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
