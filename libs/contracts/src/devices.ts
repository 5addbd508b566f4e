/** Kinds of devices that the engine can be asked to compute on. */
const DEVICE_KINDS = ['cpu', 'cuda', 'webgpu'] as const;
type DeviceKind = (typeof DEVICE_KINDS)[number];

/** A device as settings name it: `cuda:1` is the second one, `cuda` the first. */
export type DeviceName = DeviceKind | `cuda:${number}`;

/** What a device's name must look like. */
export const DEVICE_PATTERN = /^(?:cpu|cuda(?::\d{1,2})?|webgpu)$/;

/** Element types of arithmetic, by the names that settings have. */
export const PRECISIONS = ['float32', 'float16', 'bfloat16'] as const;
export type PrecisionName = (typeof PRECISIONS)[number];

/** What a device is wanted for: a verifier's scores, a policy's or a simulator's texts, training. */
export type DeviceWork = 'scoring' | 'generation' | 'training';

/** What a device computes in one precision. */
interface Computed extends Readonly<Record<DeviceWork, readonly string[]>> {
  /** Why it does nothing else in it. */
  readonly otherwise: string;
}

const SERVED = ['none', 'int8', 'int4'];
const TRAINED_ON_CPU = ['none', 'nf4', 'nf4-double', 'int8', 'int4'];
const TRAINED_IN_FLOAT32 = 'the engine trains in float32 alone; weights are rounded or halved';
const ON_A_DEVICE: Computed = {
  scoring: SERVED,
  generation: SERVED,
  training: ['none'],
  otherwise: 'codes of frozen weights are fed to every step, and would cross to the device each time',
};
/** Matrices and products with them; what is between them is computed in float32. */
const SERVED_IN_HALF: Computed = {
  scoring: ['none'],
  generation: ['none'],
  training: [],
  otherwise: TRAINED_IN_FLOAT32,
};

const nothing = (otherwise: string): Computed => ({
  scoring: [],
  generation: [],
  training: [],
  otherwise,
});

/**
 * For each device and precision, the quantisations of the weights with which each work is done; whatever is not named is refused.
 * What is here is shown by tests, but for CUDA, of which loading alone is.
 */
const COMPUTED: Readonly<Record<DeviceKind, Readonly<Record<PrecisionName, Computed>>>> = {
  cpu: {
    float32: {
      scoring: SERVED,
      generation: SERVED,
      training: TRAINED_ON_CPU,
      otherwise: 'there is no such format for this work',
    },
    float16: nothing("onnxruntime's CPU kernels multiply float32 alone"),
    bfloat16: nothing("onnxruntime's CPU kernels multiply float32 alone"),
  },
  cuda: {
    float32: ON_A_DEVICE,
    float16: SERVED_IN_HALF,
    bfloat16: SERVED_IN_HALF,
  },
  webgpu: {
    float32: ON_A_DEVICE,
    float16: SERVED_IN_HALF,
    bfloat16: nothing('WebGPU has no bfloat16'),
  },
};

/** One cell of the table: who is to compute, in what, on weights that are kept how. */
export interface DeviceUse {
  readonly device: DeviceName;
  readonly precision: PrecisionName;
  readonly quantisation: string;
  readonly work: DeviceWork;
}

/** Why the engine does not compute this, and what it does there; undefined where it does. */
export function deviceRefusal({ device, precision, quantisation, work }: DeviceUse): string | undefined {
  const ofDevice = COMPUTED[kindOf(device)];
  const { [work]: done, otherwise } = ofDevice[precision];
  if (done.includes(quantisation)) return undefined;
  const weights = quantisation === 'none' ? '' : ` with ${quantisation} weights`;
  const offers = PRECISIONS.flatMap((other) => ofDevice[other][work].map((kept) => inWords(other, kept)));
  return (
    `${work} in ${precision}${weights} is not computed on ${device}: ${otherwise}; ` +
    `computed there: ${offers.join(', ')}`
  );
}

/** The table as Markdown, for documents. */
export function deviceTable(): string {
  const rows = DEVICE_KINDS.flatMap((kind) =>
    PRECISIONS.map((precision) => {
      const { scoring, generation, training, otherwise } = COMPUTED[kind][precision];
      return [kind, precision, ...[scoring, generation, training].map((done) => done.join(', ')), otherwise];
    }),
  );
  const header = ['device', 'precision', 'scoring', 'generation', 'training', 'anything else is refused'];
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The kind of device that a name means. */
export function kindOf(device: DeviceName): DeviceKind {
  return DEVICE_KINDS.find((kind) => kind === device) ?? 'cuda';
}

function inWords(precision: PrecisionName, quantisation: string): string {
  return quantisation === 'none' ? precision : `${precision} with ${quantisation} weights`;
}
