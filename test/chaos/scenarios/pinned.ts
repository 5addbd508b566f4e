import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Trip } from '../preload/trips.ts';
import type { ChaosSystem, ServiceName, SystemOptions } from '../system/chaos-system.ts';
import { disturbedRun, type RunOutputs } from './disturbed-run.ts';
import { killWhenIdle } from './idle.ts';
import { outcomesOf, type Outcome } from './outcome.ts';
import { pinGroups, type Pin } from './pins.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** Kills at every pinned state, a run for each group of them. */
export async function pinned({ reference, report }: ScenarioOptions): Promise<void> {
  report(await killWhenIdle(reference));
  for (const pins of Object.values(pinGroups)) report(await runWithPins(reference, pins));
}

/** One run that meets all these deaths; a state that it never came to is a fault. */
async function runWithPins(reference: RunOutputs, pins: readonly Pin[]): Promise<Outcome[]> {
  const met = new Set<Pin>();
  const faults = await disturbedRun(reference, {
    options: (folder) => pinOptions(pins, folder),
    after: (system) => {
      for (const pin of pins) if (isMet(system, pins, pin)) met.add(pin);
      return [];
    },
  });
  const disturbances = pins.map((pin) => ({
    what: victimOf(pin),
    when: pin.state,
    ...(met.has(pin) || faults.length > 0 ? {} : { fault: 'the state was never met' }),
  }));
  return outcomesOf('pinned', disturbances, faults);
}

/** Options of a system whose processes die at these pins. */
export function pinOptions(pins: readonly Pin[], folder: string): Pick<SystemOptions, 'trips'> {
  const trips: Partial<Record<ServiceName, Trip[]>> = {};
  for (const pin of pins) (trips[pin.process] ??= []).push(toTrip(pin, pins, folder));
  return { trips };
}

/** Whether a system came to a pin. */
export function isMet({ marks }: Pick<ChaosSystem, 'marks'>, pins: readonly Pin[], pin: Pin): boolean {
  return existsSync(join(marks, idOf(pin, pins)));
}

function toTrip(pin: Pin, pins: readonly Pin[], folder: string): Trip {
  const id = idOf(pin, pins);
  if (pin.victim === undefined) return { id, ...pin.trip };
  const isThread = pin.victim === 'a worker thread';
  return { id, ...pin.trip, victim: isThread ? 'thread' : { pidFile: join(folder, 'nats/pid') } };
}

function idOf(pin: Pin, pins: readonly Pin[]): string {
  return `pin-${pins.indexOf(pin)}`;
}

/** Who dies, in words. */
function victimOf({ process, victim }: Pin): string {
  if (victim === undefined) return process;
  return victim === 'nats' ? victim : `${victim} of ${process}`;
}
