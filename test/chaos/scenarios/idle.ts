import { SERVICES, type VictimName } from '../system/chaos-system.ts';
import { killVictim, untilHolds } from '../system/signals.ts';
import { disturbedRun, type RunOutputs } from './disturbed-run.ts';
import { outcomesOf, type Outcome } from './outcome.ts';

/** Kills everything while nothing is to be done; the run starts at once after that. */
export async function killWhenIdle(reference: RunOutputs): Promise<Outcome[]> {
  const victims: readonly VictimName[] = [...SERVICES, 'nats'];
  const faults = await disturbedRun(reference, {
    before: async (system, signal) => {
      for (const victim of victims) await killVictim(system, victim, signal);
      await untilHolds(() => victims.every((victim) => system.restartsOf(victim) > 0), signal);
    },
  });
  return outcomesOf(
    'pinned',
    victims.map((what) => ({ what, when: 'idle' })),
    faults,
  );
}
