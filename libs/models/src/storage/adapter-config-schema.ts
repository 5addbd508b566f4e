import { z } from 'zod';

/** A PEFT setting that changes the adapter's arithmetic and is accepted only switched off. */
const off = (what: string) => z.unknown().refine(isOff, `${what} is not supported`).optional();

/** The fields of adapter_config.json that matter here; what would change the arithmetic otherwise must be off. */
export const adapterConfigSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z
    .int()
    .min(1)
    .max(1 << 14),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: z.union([z.array(z.string()).min(1), z.literal('all-linear')]),
  modules_to_save: z.array(z.string()).nullish(),
  base_model_name_or_path: z.string().nullish(),
  bias: z.literal('none').default('none'),
  use_rslora: off('rank-stabilised scaling'),
  use_dora: off('DoRA'),
  use_qalora: off('QA-LoRA'),
  lora_bias: off('a bias in LoRA'),
  fan_in_fan_out: off('a transposed base weight'),
  rank_pattern: off('a rank per module'),
  alpha_pattern: off('an alpha per module'),
  layers_to_transform: off('a choice of layers'),
  layer_replication: off('layer replication'),
  exclude_modules: off('an exclusion of modules'),
  target_parameters: off('an adapter on bare parameters'),
  trainable_token_indices: off('trainable tokens'),
});

function isOff(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false;
}
