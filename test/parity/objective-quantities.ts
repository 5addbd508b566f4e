import {
  buildGradientStep,
  countItems,
  type ParameterBinding,
  packState,
  STEP_NAMES,
  trainableLayout,
  unpackState,
} from '@sipf/learning';
import { openStep, type StepBatch } from '@sipf/learning/testing';
import type { ObjectiveSettings, SafetensorsFile } from '@sipf/models';
import { comparison, largestRelativeDifference, relativeL2 } from './comparison.ts';
import type { Quantities } from './logits-quantities.ts';
import { numbers, type ReferenceFamily } from './reference-family.ts';

const LOSS_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 1e-4;

/** A training objective, the parameters it was recorded for, and where its numbers are. */
interface RecordedObjective {
  /** Quantities are `<name>.loss` and `<name>.gradients`; the loss is recorded as `<name>.loss`. */
  readonly name: string;
  readonly objective: ObjectiveSettings;
  readonly binding: ParameterBinding;
  /** The trainable tensors' values. */
  readonly read: (name: string) => Float32Array;
  readonly gradients: SafetensorsFile | undefined;
  /** What stands before a tensor's name in the gradients' file. */
  readonly prefix: string;
}

/** Losses, their parts and all gradients of every objective that was recorded. */
export async function objectiveQuantities(family: ReferenceFamily): Promise<Quantities> {
  const quantities: Quantities = {};
  for (const recorded of recordedObjectives(family)) {
    if (family.expected.has(`${recorded.name}.loss`))
      Object.assign(quantities, await compareObjective(family, recorded));
  }
  return quantities;
}

/** The LoRA objectives train the adapter on the frozen base, as they were recorded. */
export function adapterBinding({ model, adapter }: ReferenceFamily): ParameterBinding | undefined {
  if (adapter === undefined) return undefined;
  return {
    config: model.config,
    trainable: { kind: 'lora', lora: { ...adapter.lora, dropout: 0 } },
    frozen: (name) => model.tensors.float32(name),
  };
}

/** The recorded batch for an objective. */
export function stepBatch({ batch, expected }: ReferenceFamily, objective: ObjectiveSettings): StepBatch {
  const { rows, length, inputIds, attentionMask, completionMask = attentionMask } = batch;
  const optional = (name: string) => (expected.has(name) ? numbers(expected, name) : new Float32Array());
  const arrays = {
    input_ids: inputIds,
    attention_mask: attentionMask,
    completion_mask: completionMask,
    reference_logps: optional('reference.logps'),
    step_labels: optional('prm.labels'),
  };
  return { rows, length, arrays, counts: countItems(objective, arrays, length) };
}

/** A tensor's name without what PEFT puts before it. */
export function plainName(name: string): string {
  return name.replace('base_model.model.', '');
}

function recordedObjectives(family: ReferenceFamily): RecordedObjective[] {
  const { model, adapter, rewardModel } = family;
  const full = (name: string, objective: ObjectiveSettings, folder: typeof model): RecordedObjective => ({
    name,
    objective,
    binding: { config: folder.config, trainable: { kind: 'full' } },
    read: (tensor) => folder.tensors.float32(tensor),
    gradients: family.recorded(`${name}-gradients`),
    prefix: '',
  });
  const all = [full('sft', { kind: 'sft' }, model)];
  if (rewardModel !== undefined) all.push(full('prm', { kind: 'process-reward' }, rewardModel));
  const binding = adapterBinding(family);
  if (binding === undefined || adapter === undefined) return all;
  const gradients = family.recorded('lora-gradients');
  const read = (tensor: string) => adapter.tensors.float32(tensor);
  const lora = Object.entries(LORA_OBJECTIVES).map(([name, objective]) => ({
    ...{ name, objective, binding, read, gradients },
    prefix: `${name}:`,
  }));
  return [...all, ...lora];
}

/** Settings that the references were computed with. */
export const LORA_OBJECTIVES = {
  sft_lora: { kind: 'sft' },
  orpo: { kind: 'orpo', lambda: 0.1, nll: 'completion' },
  orpo_whole_sequence_nll: { kind: 'orpo', lambda: 0.1, nll: 'sequence' },
  dpo: { kind: 'dpo', beta: 0.1 },
  rpo: { kind: 'rpo', beta: 0.1, nllWeight: 1 },
} as const satisfies Record<string, ObjectiveSettings>;

async function compareObjective(family: ReferenceFamily, recorded: RecordedObjective): Promise<Quantities> {
  const { name, objective, binding, read } = recorded;
  const { expected } = family;
  const runner = await openStep(buildGradientStep({ ...binding, objective }));
  const layout = trainableLayout(binding.config, binding.trainable);
  const gradient = new Float32Array(layout.size);
  const state = { [STEP_NAMES.parameters]: packState(layout, read), [STEP_NAMES.gradient]: gradient };
  const { metrics } = await runner.run(state, stepBatch(family, objective));
  await runner.release();
  const relative = (actual: number, tensor: string) =>
    comparison(largestRelativeDifference([actual], numbers(expected, tensor)), LOSS_TOLERANCE);
  const quantities: Quantities = { [`${name}.loss`]: relative(metrics['loss'] ?? NaN, `${name}.loss`) };
  if (expected.has(`${name}.nll`)) {
    quantities[`${name}.nll`] = relative(metrics['nll_loss'] ?? NaN, `${name}.nll`);
  }
  if (expected.has(`${name}.odds_ratio_loss`)) {
    quantities[`${name}.odds_ratio_loss`] = relative(
      -(metrics['log_odds_ratio'] ?? NaN),
      `${name}.odds_ratio_loss`,
    );
  }
  if (recorded.gradients !== undefined) {
    const error = worstGradient(unpackState(layout, gradient), recorded.gradients, recorded.prefix);
    quantities[`${name}.gradients`] = comparison(error, GRADIENT_TOLERANCE);
  }
  return quantities;
}

/** Largest relative L2 error of any recorded tensor; a tensor that is not trained here counts as infinitely wrong. */
function worstGradient(
  actual: ReadonlyMap<string, Float32Array>,
  recorded: SafetensorsFile,
  prefix: string,
): number {
  const byName = new Map([...actual].map(([name, values]) => [prefix + plainName(name), values]));
  const names = recorded.names.filter((name) => name.startsWith(prefix));
  return Math.max(
    ...names.map((name) => relativeL2(byName.get(name) ?? new Float32Array(), recorded.float32(name))),
    names.length === 0 ? Infinity : 0,
  );
}
