import { writeDurably } from '@sipf/artifacts/durable-file';
import { SipfError } from '@sipf/errors';
import { elementCount, loadTensor, type WritableTensor } from './host-tensor.ts';
import { SAFETENSORS_DTYPES } from './safetensors-header.ts';

/**
 * Writes a .safetensors file durably. Equal tensors and metadata give equal bytes: tensors are laid out by
 * descending element size, then by name, so that each is aligned. The header says what dtypes and shapes say; data are read
 * once, when their turn comes, so that lazy tensors are in memory one by one.
 *
 * @param metadata of the file; transformers wants `format: pt` @default { format: 'pt' }
 * @throws SipfError invalid-argument TENSOR_INVALID where an array is not of its tensor's dtype and shape
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) => bytesPerElement(b) - bytesPerElement(a) || (nameA < nameB ? -1 : 1),
  );
  const header = encodeHeader(ordered, metadata);
  await writeDurably(path, async (file) => {
    await file.writeFile(header);
    for (const [name, tensor] of ordered) await file.writeFile(await bytesOf(name, tensor));
  });
}

function encodeHeader(
  tensors: readonly (readonly [string, WritableTensor])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const sortedMetadata = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields: [string, unknown][] = [['__metadata__', Object.fromEntries(sortedMetadata)]];
  let position = 0;
  for (const [name, tensor] of tensors) {
    if (name === '__metadata__') throw invalidTensor(name, 'is the name of what a file says of itself');
    const { code, bytes } = SAFETENSORS_DTYPES[tensor.dtype];
    const end = position + elementCount(tensor.shape) * bytes;
    fields.push([name, { dtype: code, shape: tensor.shape, data_offsets: [position, end] }]);
    position = end;
  }
  // fromEntries would move names that look like integers to the front; the order within the header is free.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const length = Math.ceil(json.length / 8) * 8;
  const result = new Uint8Array(8 + length).fill(0x20);
  new DataView(result.buffer).setBigUint64(0, BigInt(length), true);
  result.set(json, 8);
  return result;
}

async function bytesOf(name: string, tensor: WritableTensor): Promise<Uint8Array> {
  const { dtype, shape } = tensor;
  const { data } = await loadTensor(tensor);
  const wanted = elementCount(shape) * bytesPerElement(tensor);
  if (data.byteLength === wanted) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const has = `${data.length} elements in ${data.byteLength} bytes`;
  throw invalidTensor(name, `${has} do not fill ${dtype} [${shape.join(', ')}]`);
}

function invalidTensor(field: string, description: string): SipfError {
  const violations = [{ field, description }];
  return new SipfError('invalid-argument', `${field}: ${description}`, {
    reason: 'TENSOR_INVALID',
    violations,
  });
}

function bytesPerElement({ dtype }: WritableTensor): number {
  return SAFETENSORS_DTYPES[dtype].bytes;
}
