import { cancelled } from './cancel.ts';
import { clockJumps } from './clock.ts';
import { fullDisk } from './disk.ts';
import type { RunOutputs } from './disturbed-run.ts';
import { repeatedEvents } from './events.ts';
import { lostVolume } from './nats.ts';
import { slowNetwork } from './network.ts';
import type { Outcome } from './outcome.ts';
import { pinned } from './pinned.ts';
import { randomMoments } from './random.ts';
import { fairShares } from './shares.ts';
import { stopForAWhile } from './stop.ts';

/** What a scenario works with. */
export interface ScenarioOptions {
  /** What an undisturbed run left. */
  readonly reference: RunOutputs;
  /** How long it took, in milliseconds. */
  readonly lastsMs: number;
  readonly seed: string;
  /** How many random moments. */
  readonly moments: number;
  readonly tell: (outcomes: readonly Outcome[]) => void;
}

type Scenario = (options: ScenarioOptions) => Promise<void>;

/** Every scenario by its name on the command line. */
export const scenarios = {
  pinned,
  random: randomMoments,
  stop: stopForAWhile,
  disk: fullDisk,
  nats: lostVolume,
  events: repeatedEvents,
  network: slowNetwork,
  clock: clockJumps,
  cancel: cancelled,
  shares: fairShares,
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
