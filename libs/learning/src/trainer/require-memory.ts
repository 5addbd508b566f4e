import { kindOf, type DeviceName } from '@sipf/contracts/devices';
import { SipfError } from '@sipf/errors';
import { freeMemoryOf, memoryFigures, type MemoryPart } from '@sipf/inference';
import type { WeightMemory } from '../step/index.ts';

/** Bytes of a trained element: itself, its gradient and both moments, in float32. */
const TRAINED_BYTES = 16;

/** What a training keeps, whatever its rows are. */
export interface KeptByTraining {
  readonly frozen: WeightMemory;
  readonly trainedElements: number;
  readonly device: DeviceName;
}

/**
 * What a training takes at the least, in words, before any of its weights are read; activations, which depend on its rows, come
 * on top.
 * @param available bytes that the machine, the container's limit or the device leaves. @default as the system or the driver says
 * @throws SipfError failed-precondition MEMORY_INSUFFICIENT with the figures where even that does not fit
 */
export function requireTrainingMemory(
  { frozen, trainedElements, device }: KeptByTraining,
  available = kindOf(device) === 'cpu' ? process.availableMemory() : freeMemoryOf(device),
): string {
  const parts: MemoryPart[] = [
    { what: 'frozen weights', bytes: frozen.bytes, how: 'as they are kept' },
    {
      what: 'trained parameters',
      bytes: TRAINED_BYTES * trainedElements,
      how: `${trainedElements.toLocaleString('en')} x ${TRAINED_BYTES} bytes, with gradient and moments`,
    },
  ].filter(({ bytes }) => bytes > 0);
  const { fits, figures } = memoryFigures(parts, available);
  const where = kindOf(device) === 'cpu' ? 'memory' : `the memory of ${device}`;
  if (fits) return `beside activations, of ${where}: ${figures}`;
  const message =
    `the training does not fit into ${where}, not even without activations: ${figures}. Train an adapter or one of a lower rank, ` +
    "keep frozen weights in nf4, end other programs, or raise the container's limit";
  throw new SipfError('failed-precondition', message, { reason: 'MEMORY_INSUFFICIENT' });
}
