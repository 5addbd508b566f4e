import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostTensor, WritableTensor } from './host-tensor.ts';
import { openSafetensors } from './open-safetensors.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { writeSafetensors } from './write-safetensors.ts';

const TENSORS = new Map<string, HostTensor>([
  ['z.float', { dtype: 'float32', shape: [2, 3], data: new Float32Array([1, -2, 3.5, 0, 1e-40, Infinity]) }],
  ['flags', { dtype: 'bool', shape: [3], data: new Uint8Array([1, 0, 1]) }],
  ['half', { dtype: 'float16', shape: [2], data: new Uint16Array([0x3c00, 0xc000]) }],
  ['brain', { dtype: 'bfloat16', shape: [1], data: new Uint16Array([0x3f80]) }],
  ['ids', { dtype: 'int64', shape: [2], data: new BigInt64Array([-1n, 2n ** 62n]) }],
  ['small', { dtype: 'int32', shape: [], data: new Int32Array([-7]) }],
  ['bytes', { dtype: 'uint8', shape: [0, 4], data: new Uint8Array() }],
  ['10', { dtype: 'uint8', shape: [1], data: new Uint8Array([255]) }],
  ['__proto__', { dtype: 'uint8', shape: [1], data: new Uint8Array([9]) }],
]);

function fileOf(header: unknown, data = new Uint8Array()): string {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const bytes = new TextEncoder().encode(json);
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return fileOfBytes(Buffer.concat([prefix, bytes, data]));
}

function fileOfBytes(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'model.safetensors');
  writeFileSync(path, bytes);
  return path;
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('safetensors files', () => {
  it('give back every dtype, shape, name and the metadata as they were written', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    await writeSafetensors(path, TENSORS, { format: 'pt', note: 'ü' });
    const file = openSafetensors(path);
    expect(file.metadata).toEqual({ format: 'pt', note: 'ü' });
    expect(file.names).toEqual([...TENSORS.keys()].sort());
    for (const [name, tensor] of TENSORS) expect(file.tensor(name)).toEqual(tensor);
    file.close();
  });

  it('have equal bytes for equal tensors in another order, and leave no temporary file', async () => {
    const dir = temporaryFolder();
    await writeSafetensors(join(dir, 'a'), TENSORS, { a: '1', b: '2' });
    await writeSafetensors(join(dir, 'b'), new Map([...TENSORS].reverse()), { b: '2', a: '1' });
    expect(readFileSync(join(dir, 'a')).equals(readFileSync(join(dir, 'b')))).toBe(true);
    expect(readdirSync(dir)).toEqual(['a', 'b']);
  });

  it('convert to float32 on request', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    await writeSafetensors(path, TENSORS);
    const file = openSafetensors(path);
    expect([...file.float32('half')]).toEqual([1, -2]);
    expect([...file.float32('brain')]).toEqual([1]);
    expect(() => file.float32('absent')).toThrow(expect.objectContaining({ reason: 'TENSOR_NOT_FOUND' }));
    file.close();
  });

  it('are refused at every length below their own', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    await writeSafetensors(path, new Map([['w', TENSORS.get('z.float') as HostTensor]]));
    const bytes = readFileSync(path);
    const truncated = fileOfBytes(bytes);
    for (let length = bytes.length - 1; length >= 0; length--) {
      truncateSync(truncated, length);
      expect(() => openSafetensors(truncated), `${length} bytes`).toThrow(
        expect.objectContaining({ kind: 'data-loss', reason: 'SAFETENSORS_TRUNCATED' }),
      );
    }
  });

  it('that shrink while they are open are reported at the read', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    await writeSafetensors(path, TENSORS);
    const file = openSafetensors(path);
    truncateSync(path, 100);
    expect(() => file.tensor('flags')).toThrow(expect.objectContaining({ reason: 'SAFETENSORS_TRUNCATED' }));
    file.close();
  });

  it('with a header length beyond the limit are refused before anything is allocated', () => {
    const path = fileOfBytes(new Uint8Array(16).fill(0xff));
    expect(() => openSafetensors(path)).toThrow(
      expect.objectContaining({ reason: 'SAFETENSORS_HEADER_TOO_LARGE' }),
    );
  });

  it.each([
    ['99 MB of brackets', 99_000_000, '[', 'SAFETENSORS_HEADER_TOO_LARGE'],
    ['as many brackets as a header may have', 15_000_000, '[', 'SAFETENSORS_HEADER_INVALID'],
    ['objects within objects', 15_000_000, '{"a":', 'SAFETENSORS_HEADER_INVALID'],
    [
      'a million empty tensors',
      70_000_000,
      '"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},',
      'SAFETENSORS_HEADER_TOO_LARGE',
    ],
    ['one text', 15_000_000, '"', 'SAFETENSORS_HEADER_INVALID'],
  ])('with a header of %s are refused at once', (_, length, unit, reason) => {
    const path = fileOf(unit.repeat(length / unit.length));
    const start = performance.now();
    expect(() => openSafetensors(path)).toThrow(expect.objectContaining({ reason }));
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('with more tensors than any file has are refused, with as many as a large one has read', () => {
    const empty = (count: number) =>
      fileOf(
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, entry(0, 0, [0])])),
      );
    const path = empty(100_000);
    const start = performance.now();
    const file = openSafetensors(path);
    file.close();
    expect(file.names).toHaveLength(100_000);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(() => openSafetensors(empty(140_000))).toThrow(
      expect.objectContaining({ reason: 'SAFETENSORS_HEADER_TOO_LARGE' }),
    );
  });

  it.each([
    ['a header that is not JSON', '{"a":', 'SAFETENSORS_HEADER_INVALID', 'model.safetensors'],
    ['a header that is a list', [], 'SAFETENSORS_HEADER_INVALID', 'model.safetensors'],
    ['a tensor that is not an object', { a: 1 }, 'SAFETENSORS_HEADER_INVALID', 'model.safetensors/a'],
    [
      'metadata that are not strings',
      { __metadata__: { a: 1 } },
      'SAFETENSORS_HEADER_INVALID',
      'model.safetensors/__metadata__',
    ],
    [
      'an unknown dtype',
      { a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } },
      'SAFETENSORS_DTYPE_UNSUPPORTED',
      'model.safetensors/a/dtype',
    ],
    ['a negative size', { a: entry(0, 4, [-1]) }, 'SAFETENSORS_HEADER_INVALID', 'model.safetensors/a/shape'],
    [
      'a product of sizes that overflows',
      { a: entry(0, 8, [2 ** 40, 2 ** 40]) },
      'SAFETENSORS_HEADER_INVALID',
      'model.safetensors/a/shape',
    ],
    [
      'offsets that do not span the shape',
      { a: entry(0, 8, [3]) },
      'SAFETENSORS_OFFSETS_INVALID',
      'model.safetensors/a/data_offsets',
    ],
    [
      'offsets that run backwards',
      { a: { dtype: 'F32', shape: [0], data_offsets: [8, 4] } },
      'SAFETENSORS_OFFSETS_INVALID',
      'model.safetensors/a/data_offsets',
    ],
    [
      'tensors that overlap',
      { a: entry(0, 8), b: entry(4, 12) },
      'SAFETENSORS_OFFSETS_INVALID',
      'model.safetensors/b/data_offsets',
    ],
    [
      'a hole between tensors',
      { a: entry(0, 4), b: entry(8, 12) },
      'SAFETENSORS_OFFSETS_INVALID',
      'model.safetensors/b/data_offsets',
    ],
    ['bytes that no tensor owns', { a: entry(0, 8) }, 'SAFETENSORS_OFFSETS_INVALID', 'model.safetensors'],
    ['a tensor beyond the end', { a: entry(0, 4096) }, 'SAFETENSORS_TRUNCATED', 'model.safetensors'],
  ])('with %s are refused with the field named', (_, header, reason, field) => {
    const path = fileOf(header, new Uint8Array(12));
    expect(() => openSafetensors(path)).toThrow(
      expect.objectContaining({ reason, violations: [expect.objectContaining({ field })] }),
    );
  });

  it('that are missing or no files are reported as not found', () => {
    const dir = temporaryFolder();
    for (const path of [join(dir, 'none.safetensors'), dir]) {
      expect(() => openSafetensors(path)).toThrow(
        expect.objectContaining({ kind: 'not-found', reason: 'MODEL_FILE_NOT_FOUND' }),
      );
    }
  });

  it('read every tensor once, and make a lazy one when its turn comes', async () => {
    const reads: string[] = [];
    const of = (name: string): HostTensor => ({
      dtype: 'float32',
      shape: [2],
      get data() {
        reads.push(name);
        return Float32Array.of(1, 2);
      },
    });
    const lazy = (name: string): WritableTensor => ({
      ...{ dtype: 'float32', shape: [2] },
      load: () => of(name),
    });
    const path = join(temporaryFolder(), 'a');
    await writeSafetensors(
      path,
      new Map([...['c', 'b'].map((name) => [name, lazy(name)] as const), ['a', of('a')]]),
    );
    expect(reads).toEqual(['a', 'b', 'c']);
    const file = openSafetensors(path);
    expect(file.names.map((name) => [...file.float32(name)])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    file.close();
  });

  it('are not written from an array that does not fill its shape', async () => {
    const tensors = new Map([['w', { dtype: 'float32', shape: [3], data: new Float32Array(2) } as const]]);
    const dir = temporaryFolder();
    await expect(writeSafetensors(join(dir, 'a'), tensors)).rejects.toMatchObject({
      reason: 'TENSOR_INVALID',
    });
    expect(readdirSync(dir)).toEqual([]);
  });
});
