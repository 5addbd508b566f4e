import { SipfError } from '@sipf/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from './chunks.ts';
import { readJsonLines, writeJsonLines, type JsonLine, type JsonLinesOptions } from './json-lines.ts';
import type { LongLine } from './line-outline.ts';

async function* chunksOf(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

const OPTIONS: JsonLinesOptions<unknown> = { name: 'data.jsonl', parse: (value) => value };

function read(
  text: string | Uint8Array,
  options: Partial<JsonLinesOptions<unknown>> = {},
  size = 7,
): Promise<JsonLine<unknown>[]> {
  return collect(readJsonLines(chunksOf(text, size), { ...OPTIONS, ...options }));
}

describe('readJsonLines', () => {
  it('gives values with their lines, skips blank lines, and needs no last newline', async () => {
    expect(await read('{"a":1}\r\n\n  \n[2]\n"three"')).toEqual([
      { value: { a: 1 }, line: 1 },
      { value: [2], line: 4 },
      { value: 'three', line: 5 },
    ]);
  });

  it('understands a byte-order mark', async () => {
    expect(await read('\uFEFF1\n2')).toEqual([
      { value: 1, line: 1 },
      { value: 2, line: 2 },
    ]);
  });

  it('names file and line of what is not JSON', async () => {
    const text = `${'{}\n'.repeat(16)}{"question": \n{}`;
    await expect(read(text)).rejects.toMatchObject({
      kind: 'invalid-argument',
      reason: 'DATA_LINE_INVALID',
      message: 'data.jsonl:17: is not JSON',
      violations: [{ field: 'data.jsonl:17', description: 'is not JSON' }],
    });
  });

  it('names file and line of what is not UTF-8', async () => {
    await expect(read(new Uint8Array([0x31, 10, 0x22, 0xff, 0x22]))).rejects.toMatchObject({
      message: 'data.jsonl:2: is not UTF-8',
    });
  });

  it('puts file and line before the error of what the caller refuses', async () => {
    const parse = (value: unknown) => {
      if (value === 2) throw new SipfError('invalid-argument', 'two is too many', { reason: 'X' });
      return value;
    };
    await expect(read('1\n2\n', { parse })).rejects.toMatchObject({
      message: 'data.jsonl:2: two is too many',
      cause: { reason: 'X' },
    });
  });

  it('skips wrong lines if a callback receives them', async () => {
    const faults: string[] = [];
    const onFault = ({ message }: SipfError) => faults.push(message);
    expect(await read('1\n{\n3\n', { onFault })).toEqual([
      { value: 1, line: 1 },
      { value: 3, line: 3 },
    ]);
    expect(faults).toEqual(['data.jsonl:2: is not JSON']);
  });

  it('stops at a line over the limit without reading on to its end', async () => {
    let chunks = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        chunks++;
        yield await Promise.resolve(new Uint8Array(100).fill(0x61));
      }
    }
    const lines = readJsonLines(endless(), { ...OPTIONS, maxLineBytes: 1000 });
    await expect(lines.next()).rejects.toMatchObject({
      reason: 'DATA_LINE_TOO_LONG',
      message: 'data.jsonl:1: is longer than 1000 bytes',
    });
    expect(chunks).toBe(11);
  });

  it.each([1, 7, 64, 100_000])(
    'has what stands for a line over the limit in its place, in parts of %i',
    async (size) => {
      const long = {
        ...{ task_id: 'a "b"', n: 3, text: `}{",\\ "é${'x'.repeat(1500)}`, list: [[1], { k: ',' }] },
        ...{ nothing: null, after: '\\\\"' },
      };
      const text = `1\n${JSON.stringify(long)}\r\n3\n${'y'.repeat(3000)}\n[${'0,'.repeat(900)}0]\n6`;
      const lines = await read(text, { maxLineBytes: 1000, ofLongLine: (line) => line }, size);
      const { text: _, ...short } = long;
      const bytes = Buffer.byteLength(JSON.stringify(long)) + 1;
      expect(lines).toEqual([
        { value: 1, line: 1 },
        { value: { line: 2, bytes, maxBytes: 1000, fields: short, longest: 'text' }, line: 2 },
        { value: 3, line: 3 },
        { value: { line: 4, bytes: 3000, maxBytes: 1000, fields: {}, longest: undefined }, line: 4 },
        { value: { line: 5, bytes: 1803, maxBytes: 1000, fields: {}, longest: undefined }, line: 5 },
        { value: 6, line: 6 },
      ]);
    },
  );

  it('keeps of a long line what JSON.parse gives for fields that are short', async () => {
    const key = fc.string({ minLength: 1, maxLength: 5 });
    const objects = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 8 });
    await fc.assert(
      fc.asyncProperty(objects, fc.integer({ min: 1, max: 40 }), async (object, size) => {
        const text = JSON.stringify(object);
        const options = { maxLineBytes: 1, ofLongLine: ({ fields }: LongLine) => fields };
        const [found] = await read(text, options, size);
        expect(found?.value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('lets the last of two fields of a name count, a long one too', async () => {
    const text = `{"a":1,"b":2,"a":"${'x'.repeat(1100)}","b":3}`;
    const [found] = await read(text, { maxLineBytes: 1000, ofLongLine: (line) => line });
    expect(found?.value).toMatchObject({ fields: { b: 3 }, longest: 'a' });
  });

  it('gives back what was written, however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        async (values, size) => {
          const bytes = Buffer.concat(await collect(writeJsonLines(values)));
          const lines = await read(bytes, {}, size);
          expect(lines.map(({ value }) => value)).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
    );
  });
});
