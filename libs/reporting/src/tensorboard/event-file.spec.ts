import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { eventFile } from './event-file.ts';

/** The part of tensorflow's event.proto and summary.proto that scalars need. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Summary { message Value { string tag = 1; float simple_value = 2; } repeated Value value = 1; }
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; }
  }`);
const Event = root.lookupType('Event');

/** Bit by bit, as the polynomial is defined. */
function slowMaskedCrc(bytes: Uint8Array): number {
  let rest = 0xffffffffn;
  for (const byte of bytes) {
    rest ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) rest = rest & 1n ? (rest >> 1n) ^ 0x82f63b78n : rest >> 1n;
  }
  const crc = rest ^ 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

function readEvents(file: Uint8Array): unknown[] {
  const events = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    const body = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 8, true)).toBe(slowMaskedCrc(file.subarray(at, at + 8)));
    expect(view.getUint32(at + 12 + length, true)).toBe(slowMaskedCrc(body));
    events.push(Event.toObject(Event.decode(body), { longs: Number }));
    at += 16 + length;
  }
  return events;
}

it('has the checksums of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

it('is read by another implementation of protocol buffers', () => {
  const points = [
    { step: 1, values: { loss: 2.5, 'logps/chosen': -0.25 } },
    { step: 300, values: { loss: NaN } },
  ];
  expect(readEvents(eventFile({ points, startedAt: 1000, endedAt: 1600 }))).toEqual([
    { wallTime: 1000, fileVersion: 'brain.Event:2' },
    {
      ...{ wallTime: 1002, step: 1 },
      summary: {
        value: [
          { tag: 'loss', simpleValue: 2.5 },
          { tag: 'logps/chosen', simpleValue: -0.25 },
        ],
      },
    },
    { wallTime: 1600, step: 300, summary: { value: [{ tag: 'loss', simpleValue: NaN }] } },
  ]);
});
