import type { OptimiserSettings } from '@sipf/learning';

/** State vectors of one length, changed in place. */
export interface HostState {
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

/** Scalars of one update, as optimiserScalars names them. */
export interface HostScalars {
  readonly learningRate: number;
  readonly firstCorrection: number;
  readonly secondCorrection: number;
}

/** Clipping and AdamW as a loop over the host's arrays, to be compared with the same in the graph. */
export function hostAdamW(state: HostState, scalars: HostScalars, settings: OptimiserSettings): void {
  const { parameters, gradient, firstMoment, secondMoment } = state;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, maxGradientNorm } = settings;
  const scale = maxGradientNorm === undefined ? 1 : Math.min(1, maxGradientNorm / (norm(gradient) + 1e-6));
  const kept = 1 - scalars.learningRate * weightDecay;
  const rate = scalars.learningRate / scalars.firstCorrection;
  const root = Math.sqrt(scalars.secondCorrection);
  for (let index = 0; index < parameters.length; index++) {
    const slope = (gradient[index] as number) * scale;
    const m = (firstMoment[index] as number) * beta1 + slope * (1 - beta1);
    const v = (secondMoment[index] as number) * beta2 + slope * slope * (1 - beta2);
    firstMoment[index] = m;
    secondMoment[index] = v;
    const step = (rate * m) / (Math.sqrt(v) / root + epsilon);
    parameters[index] = (parameters[index] as number) * kept - step;
  }
}

function norm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
