import { kindOf } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { planMemory, type MemoryPart } from '@sipf/inference';
import { basename } from 'node:path';
import type { ServingSettings } from './serving-settings.ts';

/** A model that is about to be loaded. */
export interface PlannedModel {
  readonly folder: string;
  readonly work: 'scoring' | 'generation';
  readonly settings: Pick<ServingSettings, 'quantise' | 'precision' | 'device' | 'workers'>;
}

/**
 * What a model and its work will take of this machine's memory, in words, before its weights are read.
 * @param available bytes that the machine, or the container's limit, leaves. @default as the system says
 * @returns undefined for a GPU, of whose memory nobody says how much there is, and for a folder that cannot be opened, which
 *   whoever opens it says
 * @throws SipfError failed-precondition MEMORY_INSUFFICIENT with the figures where they do not fit
 */
export function requireMemory(
  model: PlannedModel,
  available = process.availableMemory(),
): string | undefined {
  const parts = partsOf(model);
  if (parts === undefined) return undefined;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const figures = `${gib(bytes)} are needed (${parts.map(inWords).join('; ')}), ${gib(available)} are available`;
  if (bytes <= available) return figures;
  const message =
    `${basename(model.folder)} does not fit into memory: ${figures}. Round its weights (--quantise int8 or int4), have fewer ` +
    "--workers, end other programs, or raise the container's limit";
  throw new SipfError('failed-precondition', message, { reason: 'MEMORY_INSUFFICIENT' });
}

function partsOf({ folder, work, settings }: PlannedModel): MemoryPart[] | undefined {
  const { quantise: quantisation, precision, device, workers } = settings;
  if (kindOf(device) !== 'cpu') return undefined;
  try {
    return planMemory(folder, { quantisation, precision, workers, work });
  } catch (error) {
    if (error instanceof SipfError) return undefined;
    throw error;
  }
}

function inWords({ what, bytes, how }: MemoryPart): string {
  return `${what} ${gib(bytes)}: ${how}`;
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
