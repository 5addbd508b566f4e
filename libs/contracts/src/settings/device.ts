import { z } from 'zod';
import { DEVICE_PATTERN, PRECISIONS, type DeviceName } from '../devices.ts';

const deviceName: z.ZodType<DeviceName, string> = z
  .string()
  .regex(DEVICE_PATTERN, 'must be cpu, cuda, cuda:N or webgpu') as never;

/** What the engine computes on, and in; `deviceRefusal` says which of them go together. */
const shape = {
  device: deviceName.describe('what computes: cpu, cuda or cuda:N (the GPU of that number), webgpu'),
  precision: z.enum(PRECISIONS).describe('what is computed in'),
} as const;

/** As a service's settings. */
export const deviceShape = {
  device: shape.device.default('cpu').meta({ ...shape.device.meta(), value: 'device' }),
  precision: shape.precision.default('float32'),
} as const;

/** As settings of a run's own engines, whose services decide where nothing is said. */
export const optionalDeviceShape = {
  device: shape.device.optional(),
  precision: shape.precision.optional(),
} as const;
