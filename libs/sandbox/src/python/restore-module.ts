import { pageBytes, maxPages } from './linking.ts';
import type { MemorySegment } from './python-image.ts';
import { encodeSigned, encodeUnsigned } from './wasm-binary.ts';

const text = (name: string) => [name.length, ...Buffer.from(name)];
const constant = (value: number) => [0x41, ...encodeSigned(value)];

function section(id: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  return Buffer.concat([Uint8Array.of(id), encodeUnsigned(body.length), body]);
}

/**
 * Encodes a module that holds an image: its function `r` makes the first `pages` pages of the imported shared memory `e.m`
 * equal to the image, byte for byte. In WebAssembly, because there the engine copies at full speed, but shared memory from
 * JavaScript word by word.
 */
export function encodeRestoreModule(
  segments: readonly MemorySegment[],
  pages: number,
): Uint8Array<ArrayBuffer> {
  const [prefix, fill, copyIn] = [0xfc, 11, 8];
  const steps: number[] = [];
  let end = 0;
  const clear = (from: number, to: number) => {
    if (to > from) steps.push(...constant(from), ...constant(0), ...constant(to - from), prefix, fill, 0);
  };
  segments.forEach(({ offset, bytes }, index) => {
    clear(end, offset);
    const source = [...constant(0), ...constant(bytes.length), prefix, copyIn, ...encodeUnsigned(index), 0];
    steps.push(...constant(offset), ...source);
    end = offset + bytes.length;
  });
  clear(end, pages * pageBytes);
  const body = [0, ...steps, 0x0b];
  const limits = [3, ...encodeUnsigned(pages), ...encodeUnsigned(maxPages)];
  const data = segments.flatMap(({ bytes }) => [Uint8Array.of(1), encodeUnsigned(bytes.length), bytes]);
  return Uint8Array.from(
    Buffer.concat([
      Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      section(1, [1, 0x60, 0, 0]),
      section(2, [1, ...text('e'), ...text('m'), 2, ...limits]),
      section(3, [1, 0]),
      section(7, [1, ...text('r'), 0, 0]),
      section(12, encodeUnsigned(segments.length)),
      section(10, [1, ...encodeUnsigned(body.length)], body),
      section(11, encodeUnsigned(segments.length), ...data),
    ]),
  );
}
