import { SipfError, type ErrorKind } from '@sipf/errors';
import { isTooDeep } from '../limits/json-depth.ts';
import { elementCount, type HostDType } from './host-tensor.ts';

/** Where one tensor lies in a safetensors file. */
export interface SafetensorsEntry {
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

/**
 * The largest header that is read: DeepSeek V3's 91,000 tensors in one file would take 12 MB. The format's own reader stops at
 * 100 MB, which no model needs, and which would block a thread for seconds.
 */
export const MAX_HEADER_BYTES = 16_000_000;

/** Most tensors of a file. */
const MAX_TENSORS = 1 << 17;

/** The format's names of the dtypes that are supported, and bytes an element. */
export const SAFETENSORS_DTYPES = {
  float32: { code: 'F32', bytes: 4 },
  float16: { code: 'F16', bytes: 2 },
  bfloat16: { code: 'BF16', bytes: 2 },
  int64: { code: 'I64', bytes: 8 },
  int32: { code: 'I32', bytes: 4 },
  uint8: { code: 'U8', bytes: 1 },
  bool: { code: 'BOOL', bytes: 1 },
} as const satisfies Record<HostDType, { code: string; bytes: number }>;

const DTYPE_OF_CODE = new Map(
  Object.entries(SAFETENSORS_DTYPES).map(([dtype, { code }]) => [code as string, dtype as HostDType]),
);

/**
 * Parses a header and checks that its tensors fill the file's `dataBytes` exactly, without holes or overlap, as the
 * format demands.
 *
 * @throws SipfError data-loss SAFETENSORS_TRUNCATED; failed-precondition SAFETENSORS_HEADER_INVALID,
 * SAFETENSORS_HEADER_TOO_LARGE for more tensors than any file has,
 * SAFETENSORS_DTYPE_UNSUPPORTED or SAFETENSORS_OFFSETS_INVALID, the field being `fileName/tensor/...`
 */
export function parseSafetensorsHeader(
  json: Uint8Array,
  { fileName, dataBytes }: { readonly fileName: string; readonly dataBytes: number },
): SafetensorsHeader {
  const { __metadata__: metadata, ...tensors } = parseObject(json, fileName);
  const checkedMetadata = parseMetadata(metadata, fileName);
  const named = Object.entries(tensors);
  if (named.length > MAX_TENSORS) {
    const description = `the header names ${named.length} tensors, over the limit of ${MAX_TENSORS}`;
    throw safetensorsError('SAFETENSORS_HEADER_TOO_LARGE', fileName, description);
  }
  const entries = new Map(named.map(([name, value]) => [name, parseEntry(value, `${fileName}/${name}`)]));
  checkLayout(entries, fileName, dataBytes);
  return { metadata: checkedMetadata, entries };
}

/** A typed error about one field of a safetensors file. */
export function safetensorsError(
  reason: string,
  field: string,
  description: string,
  kind: ErrorKind = 'failed-precondition',
): SipfError {
  return new SipfError(kind, `${field}: ${description}`, { reason, violations: [{ field, description }] });
}

function parseObject(json: Uint8Array, fileName: string): Record<string, unknown> {
  let value: unknown;
  try {
    if (isTooDeep(json)) throw new RangeError('it is nested');
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    value = undefined;
  }
  if (isObject(value)) return value;
  throw safetensorsError('SAFETENSORS_HEADER_INVALID', fileName, 'the header is not a JSON object in UTF-8');
}

function parseMetadata(value: unknown, fileName: string): Record<string, string> {
  const metadata = value ?? {};
  if (isObject(metadata) && Object.values(metadata).every((text) => typeof text === 'string')) {
    return metadata as Record<string, string>;
  }
  throw safetensorsError(
    'SAFETENSORS_HEADER_INVALID',
    `${fileName}/__metadata__`,
    'must map strings to strings',
  );
}

function parseEntry(value: unknown, field: string): SafetensorsEntry {
  if (!isObject(value)) throw safetensorsError('SAFETENSORS_HEADER_INVALID', field, 'must be an object');
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype = typeof code === 'string' ? DTYPE_OF_CODE.get(code) : undefined;
  if (dtype === undefined) {
    const description = `dtype ${JSON.stringify(code)} is not supported; known: ${[...DTYPE_OF_CODE.keys()].join(', ')}`;
    throw safetensorsError('SAFETENSORS_DTYPE_UNSUPPORTED', `${field}/dtype`, description);
  }
  if (!isCounts(shape) || !Number.isSafeInteger(elementCount(shape))) {
    const description = 'must be a list of sizes whose product is countable';
    throw safetensorsError('SAFETENSORS_HEADER_INVALID', `${field}/shape`, description);
  }
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  const bytes = elementCount(shape) * SAFETENSORS_DTYPES[dtype].bytes;
  if (begin === undefined || end === undefined || end - begin !== bytes) {
    const description = `must be [begin, end] that span the ${bytes} bytes of ${dtype} [${shape.join(', ')}]`;
    throw safetensorsError('SAFETENSORS_OFFSETS_INVALID', `${field}/data_offsets`, description);
  }
  return { dtype, shape, begin, end };
}

function checkLayout(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  fileName: string,
  dataBytes: number,
): void {
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, { begin, end }] of ordered) {
    if (begin !== position) {
      const description = `begins at byte ${begin} where ${position} is expected: tensors overlap or leave a hole`;
      throw safetensorsError('SAFETENSORS_OFFSETS_INVALID', `${fileName}/${name}/data_offsets`, description);
    }
    position = end;
  }
  if (position > dataBytes) {
    const description = `the file ends ${position - dataBytes} bytes before its last tensor does; it is truncated`;
    throw safetensorsError('SAFETENSORS_TRUNCATED', fileName, description, 'data-loss');
  }
  if (position < dataBytes) {
    const description = `${dataBytes - position} bytes at the end belong to no tensor`;
    throw safetensorsError('SAFETENSORS_OFFSETS_INVALID', fileName, description);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
