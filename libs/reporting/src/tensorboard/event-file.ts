import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
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
    event(startedAt, (writer) => writer.tag(3, WireType.LengthDelimited).string('brain.Event:2')),
    ...points.map(({ step, values }) => {
      const wallTime = startedAt + ((endedAt - startedAt) * step) / last;
      return event(wallTime, (writer) => {
        writer.tag(2, WireType.Varint).int64(step);
        writeSummary(writer.tag(5, WireType.LengthDelimited).fork(), values).join();
      });
    }),
  ];
  return Buffer.concat(records.map(record));
}

/** A `tensorflow.Event`: its time, and what else it says. */
function event(wallTime: number, writeRest: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Bit64).double(wallTime);
  writeRest(writer);
  return writer.finish();
}

/** The fields of a `Summary`: a value for each metric, with its tag and `simple_value`. */
function writeSummary(writer: BinaryWriter, values: Readonly<Record<string, number>>): BinaryWriter {
  for (const [tag, value] of Object.entries(values)) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(tag);
    writer.tag(2, WireType.Bit32).float(value).join();
  }
  return writer;
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
