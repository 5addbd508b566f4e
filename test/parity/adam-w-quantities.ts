import { buildTrainingStep, optimiserScalars, packState, STEP_NAMES, unpackState } from '@sipf/learning';
import { openStep } from '@sipf/learning/testing';
import { comparison, largestRelativeDifference, relativeL2 } from './comparison.ts';
import type { Quantities } from './logits-quantities.ts';
import { adapterBinding, LORA_OBJECTIVES, plainName, stepBatch } from './objective-quantities.ts';
import { numbers, type ReferenceFamily } from './reference-family.ts';

const LOSSES_TOLERANCE = 1e-4;
const ADAPTER_TOLERANCE = 1e-3;

/** Settings of the recorded steps: the rate is the peak's half, then the peak. */
const OPTIMISER = { weightDecay: 0.01, maxGradientNorm: 0.3 };
const PEAK_RATE = 1e-2;
const WARMUP_STEPS = 2;

/** Losses and gradient norms of the recorded ORPO steps, and the adapter after them. */
export async function adamWQuantities(family: ReferenceFamily): Promise<Quantities> {
  const { expected, adapter } = family;
  const binding = adapterBinding(family);
  if (!expected.has('adamw.losses') || binding === undefined || adapter === undefined) return {};
  const wanted = numbers(expected, 'adamw.losses');
  const objective = LORA_OBJECTIVES.orpo;
  const step = buildTrainingStep({ ...binding, objective }, OPTIMISER);
  const runner = await openStep(step);
  const parameters = packState(step.layout, (name) => adapter.tensors.float32(name));
  const state = {
    [STEP_NAMES.parameters]: parameters,
    [STEP_NAMES.firstMoment]: new Float32Array(step.layout.size),
    [STEP_NAMES.secondMoment]: new Float32Array(step.layout.size),
  };
  const losses: number[] = [];
  const norms: number[] = [];
  for (let number = 1; number <= wanted.length; number++) {
    const rate = PEAK_RATE * Math.min(1, number / WARMUP_STEPS);
    const scalars = optimiserScalars(number, rate, OPTIMISER);
    const { metrics } = await runner.run(state, stepBatch(family, objective), scalars);
    losses.push(metrics['loss'] ?? NaN);
    norms.push(metrics['grad_norm'] ?? NaN);
  }
  await runner.release();
  const quantities: Quantities = {
    'adamw.losses': comparison(largestRelativeDifference(losses, wanted), LOSSES_TOLERANCE),
  };
  if (expected.has('adamw.gradient_norms')) {
    const error = largestRelativeDifference(norms, numbers(expected, 'adamw.gradient_norms'));
    quantities['adamw.gradient_norms'] = comparison(error, LOSSES_TOLERANCE);
  }
  const final = family.recorded('adamw-final-adapter');
  if (final !== undefined) {
    const trained = [...unpackState(step.layout, parameters)];
    const errors = trained.map(([name, values]) =>
      final.has(plainName(name)) ? relativeL2(values, final.float32(plainName(name))) : Infinity,
    );
    quantities['adamw.final_adapter'] = comparison(Math.max(...errors), ADAPTER_TOLERANCE);
  }
  return quantities;
}
