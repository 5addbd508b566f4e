/** How far a device is from the CPU on a tiny model of one family. */
export interface FamilyParity {
  readonly family: string;
  /** Largest difference of log-probabilities, relative where they are below -1. */
  readonly logits: number;
  /** How the weights were kept that it wrote with; on the CPU floats were, of the values that these stand for. */
  readonly weights: string;
  /** As `logits`, of prompts and the tokens that it wrote. */
  readonly written: number;
  /** Whether greedy texts are equal. */
  readonly sameText: boolean;
  /** Difference of the loss of a LoRA step, relative where it is above 1. */
  readonly loss: number;
  /** Distance of its gradients by their length. */
  readonly gradient: number;
  /** As `logits`, in each precision of two bytes that the device has, from the CPU's in float32. */
  readonly halves: Readonly<Record<string, number>>;
}

const MOST = { logits: 1e-3, written: 1e-3, loss: 1e-4, gradient: 1e-2 } as const;
/** float16 has 11 bits, bfloat16 8: tiny models of random weights are off by some hundredths of these at most. */
const MOST_OF_HALVES: Readonly<Record<string, number>> = { float16: 0.02, bfloat16: 0.15 };

/** What is further apart than rounding explains; nothing where all is well, numbers that are none included. */
export function faultsOf(parity: FamilyParity): string[] {
  const faults = (['logits', 'written', 'loss', 'gradient'] as const).flatMap((what) =>
    parity[what] <= MOST[what] ? [] : [`${what} ${parity[what].toExponential(1)}`],
  );
  const halves = Object.entries(parity.halves).flatMap(([precision, difference]) =>
    difference <= (MOST_OF_HALVES[precision] ?? 0) ? [] : [`${precision} ${difference.toExponential(1)}`],
  );
  return [...faults, ...halves, ...(parity.sameText ? [] : ['another greedy text'])];
}
