import type { Value } from '../graph.ts';
import { add, div, mul, sqrt, sub } from '../operators/elementwise.ts';
import type { Operand } from '../operators/operand.ts';

/** One parameter and its moments, all of one shape. */
export interface AdamWState {
  readonly parameter: Value;
  readonly gradient: Value;
  /** Running mean of gradients. */
  readonly m: Value;
  /** Running mean of squared gradients. */
  readonly v: Value;
}

/** Settings of a step; scalars, as numbers or as values fed at run time. */
export interface AdamWSettings {
  readonly learningRate: Operand;
  /** @default 0.9 */
  readonly beta1?: number;
  /** @default 0.999 */
  readonly beta2?: number;
  /** @default 1e-8 */
  readonly epsilon?: number;
  /** Decoupled weight decay. @default 0.01 */
  readonly weightDecay?: Operand;
  /** 1 - beta1^t for step t = 1, 2, ...; see {@link biasCorrections}. */
  readonly biasCorrection1: Operand;
  /** 1 - beta2^t */
  readonly biasCorrection2: Operand;
}

/** A parameter and its moments after a step. */
export interface AdamWUpdate {
  readonly parameter: Value;
  readonly m: Value;
  readonly v: Value;
}

/**
 * One step of AdamW (Loshchilov and Hutter, 2019, algorithm 2) as PyTorch takes it:
 * m' = b1 m + (1 - b1) g; v' = b2 v + (1 - b2) g^2; p' = p (1 - lr wd) - lr / c1 * m' / (sqrt(v') / sqrt(c2) + epsilon).
 * @throws ShapeError
 */
export function adamW({ parameter, gradient, m, v }: AdamWState, settings: AdamWSettings): AdamWUpdate {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = settings;
  const { learningRate, biasCorrection1, biasCorrection2 } = settings;
  const scalar = (x: Operand): Value =>
    typeof x === 'number' ? parameter.graph.scalar(x, parameter.dtype) : x;
  const nextM = add(m, mul(sub(gradient, m), 1 - beta1));
  const nextV = add(mul(v, beta2), mul(mul(gradient, gradient), 1 - beta2));
  const denominator = add(div(sqrt(nextV), sqrt(scalar(biasCorrection2))), epsilon);
  const step = mul(div(nextM, denominator), div(scalar(learningRate), scalar(biasCorrection1)));
  const kept = weightDecay === 0 ? parameter : mul(parameter, sub(1, mul(scalar(learningRate), weightDecay)));
  return { parameter: sub(kept, step), m: nextM, v: nextV };
}

/** 1 - beta^t of both moments at step t = 1, 2, ... */
export function biasCorrections(
  step: number,
  { beta1 = 0.9, beta2 = 0.999 }: { beta1?: number; beta2?: number } = {},
): { biasCorrection1: number; biasCorrection2: number } {
  return { biasCorrection1: 1 - beta1 ** step, biasCorrection2: 1 - beta2 ** step };
}
