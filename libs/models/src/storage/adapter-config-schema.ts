import { z } from 'zod';
import { pythonPattern } from '../adapters/python-pattern.ts';
import { OWN_TASK_TYPE } from '../config/own-heads.ts';

/** The release of PEFT whose LoraConfig is known, field by field. */
const PEFT = '0.21.2';

/** A setting that changes what the adapter computes, or what a training continues; accepted switched off. */
const off = (what: string, remedy: string) =>
  z.unknown().refine(isOff, `${what} is not supported: ${remedy}`).optional();
/** The same where PEFT takes even an empty value for "on". */
const absent = (what: string, remedy: string) => z.null(`${what} is not supported: ${remedy}`).optional();
/** A setting that changes nothing here, whatever it says. */
const idle = z.unknown().optional();

const MERGE = 'merge the adapter into its base with PEFT and use the model';
const CONVERT = 'save it by PEFT with path_initial_model_for_weight_conversion, which makes a plain LoRA';

/** What a later PEFT added. */
const UNKNOWN = `is not a setting of PEFT ${PEFT}'s LoRA, and what it changes is not known here: ${MERGE}`;

const rank = z
  .int()
  .min(1)
  .max(1 << 14);
/** PEFT takes what stands in a pattern for a regular expression. */
const pattern = z.string().transform(asPattern);
const byPattern = pattern.transform((text) => ({ pattern: text }));
const names = z.union([z.array(z.string()), byPattern]);
const targets = z.union(
  [
    z.array(z.string()).min(1, 'names no module'),
    z
      .string()
      .transform((text, context) =>
        text.toLowerCase() === 'all-linear' ? ('all-linear' as const) : { pattern: asPattern(text, context) },
      ),
  ],
  {
    // What is wrong with a pattern, where it was one.
    error: ({ errors }) =>
      (errors as z.core.$ZodIssue[][]).flat().find(({ code }) => code === 'custom')?.message ??
      'must be names of modules, a regular expression, or all-linear',
  },
);
const numbers = <T extends z.ZodType<number>>(value: T) => z.record(pattern, value).nullish();

/**
 * How the low-rank tensors began. What a training made of them is in the file, but some beginnings take from the base what
 * they put into the tensors, so that the adapter belongs to a rest of the base that was not saved.
 */
const beginning = z
  .union([z.boolean(), z.string()])
  .nullish()
  .refine(
    (value) =>
      typeof value !== 'string' || ['gaussian', 'eva', 'orthogonal', 'mica'].includes(value.toLowerCase()),
    `begins with a part of the base's own weights, or in a way that PEFT ${PEFT} does not have: ${CONVERT}`,
  );

/** Every field of PEFT's LoraConfig; those that would change the arithmetic in a way that is not computed must be off. */
const fields = {
  peft_type: z.literal('LORA'),
  task_type: z.enum(['CAUSAL_LM', 'TOKEN_CLS', OWN_TASK_TYPE]).nullish(),
  base_model_name_or_path: z.string().nullish(),
  r: rank.default(8),
  lora_alpha: z.number().default(8),
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: targets,
  exclude_modules: names.nullish(),
  layers_to_transform: z.union([z.array(z.int()), z.int()]).nullish(),
  layers_pattern: z.union([z.array(pattern), pattern]).nullish(),
  rank_pattern: numbers(rank),
  alpha_pattern: numbers(z.number()),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  modules_to_save: z.array(pattern).nullish(),
  ensure_weight_tying: z.boolean().nullish(),
  init_lora_weights: beginning,
  bias: z.literal('none', 'only `none` is supported: ' + MERGE).default('none'),

  fan_in_fan_out: off('a transposed base weight', 'no supported family has one'),
  lora_bias: off('a bias in LoRA', MERGE),
  use_qalora: off('QA-LoRA', MERGE),
  use_bdlora: absent('a block-diagonal LoRA', 'train it without'),
  alora_invocation_tokens: off('an adapter that is on from certain tokens', 'train it without'),
  arrow_config: absent('routing between adapters', 'name one of them'),
  velora_config: absent('VeLoRA', 'remove the field where the adapter is only to be run'),
  monteclora_config: absent('MonteCLoRA', MERGE),
  kasa_config: absent('KaSA', MERGE),
  layer_replication: off('layer replication', MERGE),
  target_parameters: off('an adapter on bare parameters', MERGE),
  trainable_token_indices: absent('an adapter of single tokens', MERGE),
  megatron_config: off('Megatron', 'save it for transformers'),

  // Of the beginning alone, or of how PEFT finds and runs the base.
  loftq_config: idle,
  eva_config: idle,
  corda_config: idle,
  lora_ga_config: idle,
  qalora_group_size: idle,
  megatron_core: idle,
  runtime_config: idle,
  auto_mapping: idle,
  revision: idle,
  inference_mode: idle,
  peft_version: idle,
  // PEFT's before 0.3.
  enable_lora: off('a part of a joint projection', MERGE),
  merge_weights: idle,
};

/** adapter_config.json of a LoRA. */
export const adapterConfigSchema = z
  .object(fields)
  .catchall(z.unknown().refine(() => false, UNKNOWN))
  .superRefine((config, context) => {
    const refuse = (field: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [field], message });
    };
    const { layers_to_transform: layers, layers_pattern: lists, target_modules: modules } = config;
    if (layers == null && lists != null && lists.length > 0)
      refuse('layers_pattern', 'needs layers_to_transform, which says which layers');
    if (!Array.isArray(modules) && layers != null)
      refuse('layers_to_transform', 'is for a list of target_modules; a pattern says the layers itself');
  });

/** What it parses to. */
export type AdapterConfig = z.infer<typeof adapterConfigSchema>;

function asPattern(text: string, context: z.RefinementCtx): string {
  try {
    pythonPattern(text);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : 'is not a pattern',
    });
  }
  return text;
}

function isOff(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false;
}
