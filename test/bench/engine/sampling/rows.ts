import type { ShapeName } from '../../support/llama-shapes.ts';

/** One comparison of sampling speed. */
export interface SamplingRow {
  readonly name: string;
  readonly shape: ShapeName;
  /** Tokens of a prompt and of a sample. */
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly prompts: number;
  /** Samples of each prompt. */
  readonly n: number;
  /** Prompts that the peer reads a round: its calls are alike, so its speed shows in fewer of them. */
  readonly peerPrompts: number;
  readonly greedy: boolean;
  readonly quantisation: 'none' | 'int4';
  /** Tokens per second over the peer's that are wanted. */
  readonly target: number;
}

/** Rows (a) to (c); loading is measured apart. */
export const SAMPLING_ROWS: readonly SamplingRow[] = [
  {
    name: '64 paths of each of 16 prompts, 128 + 128 tokens',
    shape: 'small',
    promptTokens: 128,
    newTokens: 128,
    prompts: 16,
    n: 64,
    peerPrompts: 1,
    greedy: false,
    quantisation: 'none',
    target: 4,
  },
  {
    name: '16 prompts at once, 128 + 32 tokens',
    shape: 'smol',
    promptTokens: 128,
    newTokens: 32,
    prompts: 16,
    n: 1,
    peerPrompts: 16,
    greedy: false,
    quantisation: 'none',
    target: 2.5,
  },
  {
    name: '16 prompts at once, 128 + 128 tokens',
    shape: 'smol',
    promptTokens: 128,
    newTokens: 128,
    prompts: 16,
    n: 1,
    peerPrompts: 16,
    greedy: false,
    quantisation: 'none',
    target: 2.5,
  },
  {
    name: 'one sequence with int4 weights, 32 + 64 tokens',
    shape: 'smol',
    promptTokens: 32,
    newTokens: 64,
    prompts: 1,
    n: 1,
    peerPrompts: 1,
    greedy: true,
    quantisation: 'int4',
    target: 3,
  },
];

/** Prompts of this row, the same on every side and in every run. */
export function promptsOf(
  { promptTokens, prompts }: Pick<SamplingRow, 'promptTokens' | 'prompts'>,
  vocabSize: number,
): number[][] {
  return Array.from({ length: prompts }, (_, prompt) =>
    Array.from({ length: promptTokens }, (_, at) => 3 + ((prompt * 7919 + at * 104_729) % (vocabSize - 3))),
  );
}
