import { describe, expect, it } from 'vitest';
import { toFloat32 } from './float-conversion.ts';

/** The value of float16 bits by IEEE 754's definition. */
function float16Value(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('toFloat32', () => {
  it('converts every float16 to the value that IEEE 754 defines', () => {
    const data = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const values = toFloat32({ dtype: 'float16', shape: [0x10000], data });
    const wrong = [...data].filter((bits) => !Object.is(values[bits], float16Value(bits)));
    expect(wrong).toEqual([]);
  });

  it('converts every bfloat16 to the float32 with the same upper bits', () => {
    const data = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const values = toFloat32({ dtype: 'bfloat16', shape: [0x10000], data });
    const bits = new Uint32Array(values.buffer);
    expect([...data].filter((half) => bits[half] !== half * 0x10000)).toEqual([]);
  });

  it('hands a float32 array through', () => {
    const data = new Float32Array([1, 2]);
    expect(toFloat32({ dtype: 'float32', shape: [2], data })).toBe(data);
  });

  it('refuses integers', () => {
    const tensor = { dtype: 'int32', shape: [1], data: new Int32Array(1) } as const;
    expect(() => toFloat32(tensor)).toThrow(expect.objectContaining({ reason: 'NOT_FLOATING_POINT' }));
  });
});
