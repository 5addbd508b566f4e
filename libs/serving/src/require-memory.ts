import { kindOf } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { freeMemoryOf, memoryFigures, planAdapter, planMemory, type MemoryPlan } from '@sipf/inference';
import { basename } from 'node:path';
import type { ServingSettings } from './serving-settings.ts';

/** A model that is about to be loaded. */
export interface PlannedModel {
  readonly folder: string;
  readonly work: 'scoring' | 'generation';
  readonly settings: Pick<ServingSettings, 'quantise' | 'precision' | 'device' | 'workers'>;
}

/** Bytes that are left, of the device where somebody says it. */
export interface Room {
  readonly machine: number;
  readonly device: number | undefined;
}

/**
 * What a model and its work will take of this machine's memory and of a device's, in words, before its weights are read.
 * @param room what the machine, or the container's limit, and the device leave. @default as the system and the driver say
 * @returns undefined for a folder that cannot be opened, which whoever opens it says
 * @throws SipfError failed-precondition MEMORY_INSUFFICIENT with the figures where they do not fit
 */
export function requireMemory(model: PlannedModel, room = roomFor(model)): string | undefined {
  const plan = planOf(model);
  if (plan === undefined) return undefined;
  const { device } = model.settings;
  const machine = memoryFigures(plan.machine, room.machine);
  if (kindOf(device) === 'cpu') {
    if (!machine.fits) throw insufficient(model, 'memory', machine.figures);
    return machine.figures;
  }
  const onDevice = memoryFigures(plan.device, room.device);
  if (!onDevice.fits) throw insufficient(model, `the memory of ${device}`, onDevice.figures);
  if (!machine.fits) throw insufficient(model, 'memory while it is loaded', machine.figures);
  return `on ${device} ${onDevice.figures}; while it is loaded ${machine.figures}`;
}

/**
 * What an adapter takes of this machine's memory, in words, before it is attached; on a device a run takes it along.
 * @param available bytes that the machine, or the container's limit, leaves. @default as the system says
 * @throws SipfError failed-precondition MEMORY_INSUFFICIENT with the figures where it does not fit
 */
export function requireAdapterMemory(
  folder: string,
  { workers }: Pick<ServingSettings, 'workers'>,
  available = process.availableMemory(),
): string | undefined {
  const part = unlessUnreadable(() => planAdapter(folder, workers));
  if (part === undefined) return undefined;
  const { fits, figures } = memoryFigures([part], available);
  if (fits) return figures;
  const message =
    `the adapter ${basename(folder)} does not fit into memory: ${figures}. Hold fewer at a time (--max-adapters), train one of a ` +
    "lower rank, have fewer --workers, or raise the container's limit";
  throw new SipfError('failed-precondition', message, { reason: 'MEMORY_INSUFFICIENT' });
}

function roomFor({ settings }: PlannedModel): Room {
  return { machine: process.availableMemory(), device: freeMemoryOf(settings.device) };
}

function planOf({ folder, work, settings }: PlannedModel): MemoryPlan | undefined {
  const { quantise: quantisation, precision, device, workers } = settings;
  return unlessUnreadable(() => planMemory(folder, { quantisation, precision, device, workers, work }));
}

/** A folder that cannot be opened is refused by whoever opens it. */
function unlessUnreadable<T>(plan: () => T): T | undefined {
  try {
    return plan();
  } catch (error) {
    if (error instanceof SipfError) return undefined;
    throw error;
  }
}

function insufficient({ folder }: PlannedModel, where: string, figures: string): SipfError {
  const message =
    `${basename(folder)} does not fit into ${where}: ${figures}. Round its weights (--quantise int8 or int4), have fewer ` +
    "--workers, end other programs, or raise the container's limit";
  return new SipfError('failed-precondition', message, { reason: 'MEMORY_INSUFFICIENT' });
}
