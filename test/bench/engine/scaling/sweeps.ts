import type { LlamaShape } from '../../support/llama-shapes.ts';

/** One size of a training step. */
export interface Size {
  readonly shape: LlamaShape;
  /** B */
  readonly rows: number;
  /** T */
  readonly length: number;
}

/** What is swept, and how fast a step may grow with it: as a power of it, over the whole sweep. */
export interface Sweep {
  readonly term: string;
  readonly values: readonly number[];
  readonly size: (value: number) => Size;
  /** Largest exponent that the arithmetic explains. */
  readonly atMost: number;
}

const SHAPE: LlamaShape = { D: 128, L: 3, H: 4, K: 4, F: 352, V: 2048 };
const BASE: Size = { shape: SHAPE, rows: 4, length: 128 };

/** Each term alone, the others as in the base. */
export const SWEEPS: readonly Sweep[] = [
  {
    term: 'sequence length',
    values: [64, 128, 256, 512, 1024],
    size: (length) => ({ ...BASE, rows: 1, length }),
    atMost: 2,
  },
  { term: 'batch', values: [2, 4, 8, 16], size: (rows) => ({ ...BASE, rows }), atMost: 1 },
  {
    term: 'layers',
    values: [2, 4, 8, 16],
    size: (L) => ({ ...BASE, shape: { ...SHAPE, L } }),
    atMost: 1,
  },
  {
    term: 'vocabulary',
    values: [2048, 4096, 8192, 16_384],
    size: (V) => ({ ...BASE, shape: { ...SHAPE, V } }),
    atMost: 1,
  },
];
