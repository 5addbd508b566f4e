/** The array that holds each dtype's elements; float16 and bfloat16 are kept as their bits, bool as 0 and 1. */
interface HostArrays {
  readonly float32: Float32Array;
  readonly float16: Uint16Array;
  readonly bfloat16: Uint16Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
  readonly bool: Uint8Array;
}

export type HostDType = keyof HostArrays;

/** A dense row-major tensor in host memory; `data` has as many elements as `shape` multiplies to. */
export type HostTensor = {
  [D in HostDType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: HostArrays[D] };
}[HostDType];

/** A tensor that is made when a writer comes to it, once; the writer drops it before it asks for the next. */
interface LazyTensor {
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  /** @returns a tensor of this dtype and shape */
  readonly load: () => HostTensor | Promise<HostTensor>;
}

/** A tensor to be written. */
export type WritableTensor = HostTensor | LazyTensor;

/** Where a tensor's bytes lie, as little-endian elements in row-major order. */
interface TensorLocation {
  /** Base name of a file in the model's folder. */
  readonly location: string;
  /** Bytes from the file's beginning. */
  readonly offset: number;
  readonly length: number;
}

/** Named tensors that are read when asked for; every call reads anew, the caller owns what it gets. */
export interface TensorSource {
  /** In ascending order of UTF-16 code units. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** @throws SipfError not-found, TENSOR_NOT_FOUND */
  shape(name: string): readonly number[];
  /** @throws SipfError not-found, TENSOR_NOT_FOUND */
  dtype(name: string): HostDType;
  /** For readers that map the file. @throws SipfError not-found, TENSOR_NOT_FOUND */
  locate(name: string): TensorLocation;
  /** @throws SipfError not-found TENSOR_NOT_FOUND; data-loss where the file changed under the reader */
  tensor(name: string): HostTensor;
  /** The tensor's values as float32; exact for float32, float16 and bfloat16. @throws as {@link TensorSource.tensor} */
  float32(name: string): Float32Array;
}

/** The tensor itself, made where it is not there yet. */
export async function loadTensor(tensor: WritableTensor): Promise<HostTensor> {
  return 'load' in tensor ? await tensor.load() : tensor;
}

/** Number of elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
