import { z } from 'zod';
import { adapter } from '../settings/adapter.ts';
import { path } from '../settings/fields.ts';
import { initialModel } from '../settings/initial-model.ts';
import { optimisation } from '../settings/optimisation.ts';

interface Origin {
  readonly model?: unknown;
  readonly initial?: unknown;
}

const isOne = ({ model, initial }: Origin): boolean => (model === undefined) !== (initial === undefined);
const oneOrigin = { message: 'exactly one of model and initial is required' };
/** {@link isOne} in a JSON Schema's words. */
const oneOriginJson = { oneOf: [{ required: ['model'] }, { required: ['initial'] }] };

/** Where the policy comes from: a Hugging Face folder, or a shape trained from scratch on the task's problems. */
export const policy = z
  .strictObject({
    model: path.optional().describe('a Hugging Face folder'),
    initial: initialModel.optional(),
    lora: adapter.optional().describe('LoRA instead of training every parameter'),
  })
  .refine(isOne, oneOrigin)
  .meta(oneOriginJson)
  .describe('where the policy comes from: a folder, or a shape that is trained from scratch');

/** Whose roll-outs label steps. */
export const simulator = z
  .strictObject({
    model: path.optional().describe('a Hugging Face folder; policy labels with M_0 itself'),
    initial: initialModel.optional(),
    optimisation: optimisation.optional().describe('the training of a simulator from scratch'),
  })
  .refine(isOne, oneOrigin)
  .refine((value) => value.initial === undefined || value.optimisation !== undefined, {
    path: ['optimisation'],
    message: 'is required for a simulator trained from scratch',
  })
  .meta({ ...oneOriginJson, dependencies: { initial: ['optimisation'] } })
  .describe('whose roll-outs label steps');
