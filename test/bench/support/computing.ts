import { PRECISIONS, type PrecisionName } from '@sipf/contracts/devices';
import type { HostOptions } from '@sipf/inference';

/** What both sides of a comparison compute on, and in. */
export interface Computing {
  readonly device: NonNullable<HostOptions['device']>;
  readonly precision: PrecisionName;
}

export const ON_CPU: Computing = { device: 'cpu', precision: 'float32' };

/** Options of a bench that other machines' devices run too. */
export const computingOptions = {
  device: { type: 'string', default: ON_CPU.device },
  precision: { type: 'string', default: ON_CPU.precision },
} as const;

/** @throws Error for a precision of another name */
export function computingOf({ device, precision }: Readonly<Record<keyof Computing, string>>): Computing {
  const known = PRECISIONS.find((name) => name === precision);
  if (known === undefined) throw new Error(`--precision is one of ${PRECISIONS.join(', ')}`);
  return { device: device as Computing['device'], precision: known };
}

/** Arguments of a child; PyTorch computes on CUDA what we do on the same GPU by WebGPU. */
export function peerArguments({ device, precision }: Computing): string[] {
  return [device === 'webgpu' ? 'cuda' : device, precision];
}
