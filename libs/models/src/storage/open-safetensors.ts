import { SipfError } from '@sipf/errors';
import { toFloat32 } from './float-conversion.ts';
import type { HostTensor, TensorSource } from './host-tensor.ts';
import { openRegularFile, type RegularFile } from './open-regular-file.ts';
import {
  MAX_HEADER_BYTES,
  parseSafetensorsHeader,
  safetensorsError,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.ts';

/** An open .safetensors file; a tensor's bytes are read straight into the array that is returned. */
export interface SafetensorsFile extends TensorSource {
  readonly metadata: Readonly<Record<string, string>>;
  /** Closes the file; tensors already read stay valid. */
  close(): void;
}

/**
 * Opens a file and reads its header only.
 *
 * @param maxHeaderBytes longest header that is parsed, for which the thread stands still some 0.1 s a megabyte
 * @throws SipfError not-found MODEL_FILE_NOT_FOUND; data-loss SAFETENSORS_TRUNCATED; failed-precondition
 * SAFETENSORS_HEADER_TOO_LARGE, SAFETENSORS_HEADER_INVALID, SAFETENSORS_DTYPE_UNSUPPORTED, SAFETENSORS_OFFSETS_INVALID
 */
export function openSafetensors(path: string, maxHeaderBytes = MAX_HEADER_BYTES): SafetensorsFile {
  const file = openRegularFile(path);
  try {
    return tensorsOf(file, maxHeaderBytes);
  } catch (error) {
    file.close();
    throw error;
  }
}

function tensorsOf(file: RegularFile, maxHeaderBytes: number): SafetensorsFile {
  const { header, dataStart } = readHeader(file, maxHeaderBytes);
  const entry = (name: string): SafetensorsEntry => {
    const found = header.entries.get(name);
    if (found !== undefined) return found;
    const message = `${file.name} has no tensor ${JSON.stringify(name)}`;
    throw new SipfError('not-found', message, { reason: 'TENSOR_NOT_FOUND', metadata: { tensor: name } });
  };
  const tensor = (name: string): HostTensor => {
    const { dtype, shape, begin, end } = entry(name);
    const bytes = new Uint8Array(end - begin);
    if (!file.read(bytes, dataStart + begin)) throw truncated(file.name, 'it shrank while it was open');
    return viewBytes(dtype, shape, bytes.buffer);
  };
  return {
    metadata: header.metadata,
    names: [...header.entries.keys()].sort(),
    has: (name) => header.entries.has(name),
    shape: (name) => entry(name).shape,
    dtype: (name) => entry(name).dtype,
    locate: (name) => {
      const { begin, end } = entry(name);
      return { location: file.name, offset: dataStart + begin, length: end - begin };
    },
    tensor,
    float32: (name) => toFloat32(tensor(name)),
    close: () => {
      file.close();
    },
  };
}

/** The header is its length as a little-endian uint64, then JSON. */
function readHeader(file: RegularFile, maxBytes: number): { header: SafetensorsHeader; dataStart: number } {
  const prefix = new Uint8Array(8);
  if (!file.read(prefix, 0)) throw truncated(file.name, 'it has no header');
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(maxBytes)) {
    const description = `the header would be ${length.toString()} bytes long, over the limit of ${maxBytes}`;
    throw safetensorsError('SAFETENSORS_HEADER_TOO_LARGE', file.name, description);
  }
  const dataStart = 8 + Number(length);
  if (dataStart > file.sizeBytes) throw truncated(file.name, 'it ends within its header');
  const json = new Uint8Array(Number(length));
  if (!file.read(json, 8)) throw truncated(file.name, 'it ends within its header');
  const context = { fileName: file.name, dataBytes: file.sizeBytes - dataStart };
  return { header: parseSafetensorsHeader(json, context), dataStart };
}

function truncated(fileName: string, description: string): SipfError {
  return safetensorsError('SAFETENSORS_TRUNCATED', fileName, description, 'data-loss');
}

function viewBytes(dtype: HostTensor['dtype'], shape: readonly number[], buffer: ArrayBuffer): HostTensor {
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'float16':
    case 'bfloat16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'int64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'int32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'uint8':
    case 'bool':
      return { dtype, shape, data: new Uint8Array(buffer) };
  }
}
