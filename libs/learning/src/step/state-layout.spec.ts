import { describe, expect, it } from 'vitest';
import { layOutState, packState, unpackState } from './state-layout.ts';

const layout = layOutState(
  new Map([
    ['a', [2, 2]],
    ['b', [3]],
  ]),
);
const tensors: Readonly<Record<string, Float32Array>> = {
  a: Float32Array.of(1, 2, 3, 4),
  b: Float32Array.of(5, 6, 7),
};

describe('a state vector', () => {
  it('holds the tensors one after the other and gives them back', () => {
    const flat = packState(layout, (name) => tensors[name] ?? new Float32Array());
    expect([...flat]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(Object.fromEntries(unpackState(layout, flat))).toEqual(tensors);
  });

  it('shares its memory with the tensors read from it', () => {
    const flat = new Float32Array(layout.size);
    flat[4] = 9;
    expect(unpackState(layout, flat).get('b')?.[0]).toBe(9);
  });

  it('refuses a tensor of another size, naming it', () => {
    expect(() => packState(layout, () => new Float32Array(4))).toThrow(
      /b has 4 elements, its shape asks for 3/,
    );
  });
});
