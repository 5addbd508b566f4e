import { writeDurably } from '@sipf/artifacts/durable-file';
import { SipfError } from '@sipf/errors';
import { elementCount, type HostTensor } from './host-tensor.ts';
import { SAFETENSORS_DTYPES } from './safetensors-header.ts';

/**
 * Writes a .safetensors file durably. Equal tensors and metadata give equal bytes: tensors are laid out by
 * descending element size, then by name, so that each is aligned.
 *
 * @param metadata of the file; transformers wants `format: pt` @default { format: 'pt' }
 * @throws SipfError invalid-argument TENSOR_INVALID where an array's length is not its shape's
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) => bytesPerElement(b) - bytesPerElement(a) || (nameA < nameB ? -1 : 1),
  );
  const header = encodeHeader(ordered, metadata);
  await writeDurably(path, async (file) => {
    await file.writeFile(header);
    for (const [, { data }] of ordered) {
      await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}

function encodeHeader(
  tensors: readonly (readonly [string, HostTensor])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const sortedMetadata = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields: [string, unknown][] = [['__metadata__', Object.fromEntries(sortedMetadata)]];
  let position = 0;
  for (const [name, tensor] of tensors) {
    checkTensor(name, tensor);
    const end = position + tensor.data.byteLength;
    const { code } = SAFETENSORS_DTYPES[tensor.dtype];
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

function checkTensor(name: string, tensor: HostTensor): void {
  if (name !== '__metadata__' && tensor.data.length === elementCount(tensor.shape)) return;
  const description = `${tensor.data.length} elements do not fill the shape [${tensor.shape.join(', ')}]`;
  throw new SipfError('invalid-argument', `${name}: ${description}`, {
    reason: 'TENSOR_INVALID',
    violations: [{ field: name, description }],
  });
}

function bytesPerElement({ dtype }: HostTensor): number {
  return SAFETENSORS_DTYPES[dtype].bytes;
}
