import type { StepSettings, Trainable } from '@sipf/learning';
import type { Computing } from '../../support/computing.ts';
import { LLAMA_SHAPES, type LlamaShape } from '../../support/llama-shapes.ts';

/** A training step that is measured: what is trained, on what, and in what batch. */
export interface Work {
  readonly shape: LlamaShape;
  readonly objective: StepSettings['objective'];
  readonly trainable: Trainable;
  /** B; 2 P for pairs. */
  readonly rows: number;
  /** T, every row is full. */
  readonly length: number;
  /** The first tokens of every row, which no loss is taken of. */
  readonly promptLength: number;
}

const LORA = { rank: 16, alpha: 32, targetModules: 'all-linear', dropout: 0 } as const;

/** The steps by name. */
export const WORKS = {
  full: {
    shape: LLAMA_SHAPES.small,
    objective: { kind: 'sft' },
    trainable: { kind: 'full' },
    rows: 8,
    length: 256,
    promptLength: 1,
  },
  orpo: {
    shape: LLAMA_SHAPES.smol,
    objective: { kind: 'orpo', lambda: 0.1, nll: 'completion' },
    trainable: { kind: 'lora', lora: LORA },
    rows: 8,
    length: 128,
    promptLength: 48,
  },
  sft: {
    shape: LLAMA_SHAPES.smol,
    objective: { kind: 'sft' },
    trainable: { kind: 'lora', lora: LORA },
    rows: 8,
    length: 128,
    promptLength: 48,
  },
} as const satisfies Record<string, Work>;
export type WorkName = keyof typeof WORKS;

/** How the engine does a work. */
export interface EngineSide {
  readonly work: WorkName;
  readonly threads: number;
  /** @default 'cpu' */
  readonly device?: Computing['device'] | undefined;
  readonly settings: Pick<StepSettings, 'quantisation' | 'memory' | 'sharedPrompts' | 'causalBlocks'>;
}

/** One line of the table: the engine against another side, and the ratios to reach. */
export interface Row {
  readonly what: string;
  readonly engine: EngineSide;
  /** Another way of the engine, or PyTorch; with its base in NF4 by bitsandbytes. */
  readonly other: EngineSide | 'peer' | 'peer-nf4';
  readonly reach: { readonly time?: number; readonly peak?: number; readonly weights?: number };
}

/** Blocks as the trainer chooses them for these rows. */
const saving = {
  memory: { vocabularyPiece: 16_384, recomputeActivations: true },
  ...{ sharedPrompts: true, causalBlocks: 4 },
};
const lora = (settings: EngineSide['settings'], threads: number, work: WorkName = 'orpo'): EngineSide => ({
  work,
  threads,
  settings,
});

const supervised = { memory: saving.memory, causalBlocks: 4 };

/** What is compared with what. */
export const ROWS: readonly Row[] = [1, 2].flatMap((threads): Row[] => [
  {
    what: `full float32 step, 5.5M, 8 x 256, threads ${threads}`,
    engine: { work: 'full', threads, settings: { causalBlocks: 2 } },
    other: 'peer',
    reach: { time: 0.8 },
  },
  {
    what: `ORPO, LoRA r 16, 135M, 4 pairs x 128, threads ${threads}`,
    engine: lora(saving, threads),
    other: 'peer',
    reach: { time: 0.7, peak: 0.6 },
  },
  {
    what: `the same on an NF4 base, threads ${threads}`,
    engine: lora({ ...saving, quantisation: 'nf4' }, threads),
    other: lora(saving, threads),
    reach: { time: 1.1, weights: 0.5 },
  },
  {
    what: `SFT, LoRA r 16, 135M, 8 x 128, threads ${threads}`,
    engine: lora(supervised, threads, 'sft'),
    other: 'peer',
    reach: {},
  },
  {
    what: `SFT, QLoRA r 16 on NF4, 135M, 8 x 128, threads ${threads}`,
    engine: lora({ ...supervised, quantisation: 'nf4' }, threads, 'sft'),
    other: 'peer-nf4',
    reach: {},
  },
]);

/** Of every step. */
export const LEARNING_RATE = 1e-4;
/** Of every step. */
export const MAX_GRADIENT_NORM = 1;
