import { createRng } from '@sipf/random';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readLog } from '../../end-to-end/run-processes.ts';
import { SERVICES, type ChaosSystem, type VictimName } from '../system/chaos-system.ts';
import { childrenOf, killVictim } from '../system/signals.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** Kills that one run meets. */
const MOMENTS_A_RUN = 5;
/**
 * Between two kills of a run at most, as a share of how long the run takes alone: kills lie all over it, and none after its
 * end.
 */
const LONGEST_GAP = 1.6 / MOMENTS_A_RUN;
const VICTIMS = [...SERVICES, 'nats', 'sandbox child'] as const;
type RandomVictim = VictimName | 'sandbox child';

interface Kill {
  readonly what: RandomVictim;
  when: string;
  fault?: string;
}

/** Kills random processes at random moments; the schedule is a function of the seed. */
export async function randomMoments({
  reference,
  lastsMs,
  seed,
  moments,
  report,
}: ScenarioOptions): Promise<void> {
  const rng = createRng(`chaos/${seed}`);
  for (let run = 0; run * MOMENTS_A_RUN < moments; run++) {
    const draws = rng.split(`run/${run}`);
    const kills: Kill[] = [];
    const count = Math.min(MOMENTS_A_RUN, moments - run * MOMENTS_A_RUN);
    const schedule = Array.from({ length: count }, () => ({
      gapMs: Math.round(draws.uniform() * LONGEST_GAP * lastsMs),
      what: VICTIMS[draws.integer(VICTIMS.length)] ?? 'nats',
    }));
    const faults = await disturbedRun(reference, {
      during: async (system, signal) => {
        for (const { gapMs, what } of schedule) {
          await sleep(gapMs, undefined, { signal });
          const when = `after ${gapMs} ms more, during ${stagesOf(system)}`;
          await killRandom(system, what, signal);
          kills.push({ what, when });
        }
      },
    });
    const unmet = schedule.slice(kills.length).map(({ gapMs, what }) => ({
      ...{ what, when: `after ${gapMs} ms more` },
      ...(faults.length > 0 ? {} : { fault: 'the run had ended: choose another seed' }),
    }));
    report(outcomesOf('random', [...kills, ...unmet], faults));
  }
}

async function killRandom(system: ChaosSystem, what: RandomVictim, signal: AbortSignal): Promise<void> {
  if (what !== 'sandbox child') {
    await killVictim(system, what, signal);
    return;
  }
  // None runs before the first program and between two of them; that is a moment, too.
  for (const pid of childrenOf(system.pidOf('execution'))) process.kill(pid, 'SIGKILL');
}

/** The stages that are under way. */
function stagesOf({ runs }: ChaosSystem): string {
  const underWay = new Set<string>();
  for (const { kind, stage = '' } of readLog(join(runs, 'disturbed'))) {
    if (kind === 'stage-started') underWay.add(stage);
    if (kind === 'stage-completed') underWay.delete(stage);
  }
  return [...underWay].join(', ') || 'no stage';
}
