import type { StepSettings } from '@sipf/learning';
import type { ShapeName } from '../support/llama-shapes.ts';

/** One way of training, measured in a process of its own. */
export interface Variant {
  readonly name: string;
  readonly shape: ShapeName;
  readonly adapter: boolean;
  readonly rows: number;
  /** Tokens a row; the first two are the prompt. */
  readonly length: number;
  readonly settings: Pick<StepSettings, 'quantisation' | 'memory'>;
}

const full = { shape: 'small', adapter: false, rows: 8, length: 256 } as const;
const lora = { shape: 'smol', adapter: true, rows: 8, length: 128 } as const;
const wide = { shape: 'wide', adapter: true, rows: 4, length: 128 } as const;
const inPieces = { vocabularyPiece: 16_384 };

/** What is compared with what: the first of each group is what the others are held against. */
export const GROUPS: Readonly<Record<string, readonly Variant[]>> = {
  'layers, 5.5M in full': [
    { ...full, name: 'kept', settings: {} },
    { ...full, name: 'recomputed', settings: { memory: { recomputeLayers: true } } },
  ],
  'base, 135M with LoRA': [
    { ...lora, name: 'float32', settings: { memory: inPieces } },
    { ...lora, name: 'nf4', settings: { memory: inPieces, quantisation: 'nf4' } },
    { ...lora, name: 'nf4-double', settings: { memory: inPieces, quantisation: 'nf4-double' } },
    { ...lora, name: 'int8', settings: { memory: inPieces, quantisation: 'int8' } },
    {
      ...lora,
      name: 'nf4, layers recomputed',
      settings: { memory: { ...inPieces, recomputeLayers: true }, quantisation: 'nf4' },
    },
  ],
  'logits, vocabulary of 256,000': [
    { ...wide, name: 'all', settings: {} },
    { ...wide, name: 'pieces of 16,384', settings: { memory: inPieces } },
  ],
};
