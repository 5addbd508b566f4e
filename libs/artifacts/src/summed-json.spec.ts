import { expect, it } from 'vitest';
import { readSummedJson, summedJson } from './summed-json.ts';

const FIELDS = { name: 'Zoë', counts: { b: 12, '7': 0.125, a: [true, null, -0.5] }, none: {} };

it('reads back what it wrote, however it is laid out since', () => {
  const text = summedJson(FIELDS);
  expect(readSummedJson(text)).toEqual({ value: FIELDS });
  expect(readSummedJson(JSON.stringify(JSON.parse(text)))).toEqual({ value: FIELDS });
  expect(text).toMatch(/^ {2}"crc32": "[0-9a-f]{8}"$/m);
});

it('takes no bit that is turned over for another value', () => {
  const whole = Buffer.from(summedJson(FIELDS));
  for (let at = 0; at < whole.length * 8; at++) {
    const bytes = Buffer.from(whole);
    bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at % 8));
    const read = readSummedJson(bytes.toString());
    if (!('why' in read)) expect(read, bytes.toString()).toEqual({ value: FIELDS });
  }
});

it('reads files of before there were checksums, and says of what is none that it is not JSON', () => {
  expect(readSummedJson(JSON.stringify(FIELDS))).toEqual({ value: FIELDS });
  expect(readSummedJson('[1]')).toEqual({ value: [1] });
  expect(readSummedJson('{"a":')).toEqual({ why: 'it is not JSON' });
  expect(readSummedJson('')).toEqual({ why: 'it is not JSON' });
});
