import type { StepMetrics } from '@sipf/runs';
import { maskedCrc32c } from './crc32c.ts';

/** The training curve of a stage, with the times between which it ran. */
export interface TrainingCurve {
  readonly points: readonly StepMetrics[];
  /** Seconds since 1970. */
  readonly startedAt: number;
  /** Seconds since 1970; steps are taken to be evenly far apart. */
  readonly endedAt: number;
}

/**
 * A TensorBoard event file: TFRecords of `tensorflow.Event` messages, the first one naming the version, then one a step
 * with a scalar for each metric. Tags are the metrics' names.
 */
export function eventFile({ points, startedAt, endedAt }: TrainingCurve): Uint8Array {
  const last = Math.max(1, points.at(-1)?.step ?? 1);
  const records = [
    message([doubleField(1, startedAt), textField(3, 'brain.Event:2')]),
    ...points.map(({ step, values }) => {
      const wallTime = startedAt + ((endedAt - startedAt) * step) / last;
      const summary = message(Object.entries(values).map(([tag, value]) => scalar(tag, value)));
      return message([doubleField(1, wallTime), varintField(2, step), bytesField(5, summary)]);
    }),
  ];
  return Buffer.concat(records.map(record));
}

/** `Summary.Value`: a tag and its `simple_value`, wrapped as an element of `Summary`. */
function scalar(tag: string, value: number): Uint8Array {
  const simpleValue = Buffer.alloc(5);
  simpleValue[0] = (2 << 3) | FIXED32;
  simpleValue.writeFloatLE(value, 1);
  return bytesField(1, message([textField(1, tag), simpleValue]));
}

/** Length, its checksum, the bytes, theirs. */
function record(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, checksum(length), bytes, checksum(bytes)]);
}

function checksum(bytes: Uint8Array): Uint8Array {
  const result = Buffer.alloc(4);
  result.writeUInt32LE(maskedCrc32c(bytes));
  return result;
}

// Wire types of protocol buffers.
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

function message(fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

function doubleField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(9);
  bytes[0] = (field << 3) | FIXED64;
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

function varintField(field: number, value: number): Uint8Array {
  return Uint8Array.from([(field << 3) | VARINT, ...varint(value)]);
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([(field << 3) | BYTES, ...varint(bytes.length)]), bytes]);
}

function textField(field: number, value: string): Uint8Array {
  return bytesField(field, Buffer.from(value, 'utf8'));
}

function varint(value: number): number[] {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}
