import { SipfError, type FieldViolation } from '@sipf/errors';
import { z } from 'zod';
import { CONFIG_FILE } from './config-format.ts';
import { MODEL_TYPES, ropesOf, rotaryWidth, type DecoderConfig, type ModelType } from './decoder-config.ts';
import { foreignFields } from './foreign-fields.ts';
import { CONFIG_FORMATS } from './formats/index.ts';
import { familyOf } from './own-heads.ts';
import { invalidFields, parseFileContent } from './schema-violations.ts';

/**
 * Normalises the parsed content of a Hugging Face config.json; both transformers 5's `rope_parameters` and the
 * older `rope_theta` with `rope_scaling` are understood.
 *
 * @throws SipfError failed-precondition UNKNOWN_MODEL_TYPE, UNSUPPORTED_ARCHITECTURE, or MODEL_CONFIG_INVALID with
 * one violation a wrong field
 */
export function parseDecoderConfig(value: unknown): DecoderConfig {
  const { model_type } = parseFileContent(z.looseObject({ model_type: z.string() }), value, CONFIG_FILE);
  const modelType = familyOf(model_type);
  if (modelType === undefined) throw unknownModelType(model_type);
  const format = CONFIG_FORMATS[modelType];
  const config = format.read(value);
  const violations = [
    ...foreignFields(value as Record<string, unknown>, format.fields),
    ...inconsistencies(config),
  ];
  if (violations.length > 0) throw invalidFields(violations, CONFIG_FILE.reason);
  return config;
}

function unknownModelType(modelType: string): SipfError {
  const description = `family ${JSON.stringify(modelType.slice(0, 64))} is not supported; known: ${MODEL_TYPES.join(', ')}`;
  return new SipfError('failed-precondition', `config.json/model_type: ${description}`, {
    reason: 'UNKNOWN_MODEL_TYPE',
    violations: [{ field: 'config.json/model_type', description }],
  });
}

/** Families whose configurations transformers refuses where D is not a multiple of H, even with a head width of their own. */
const WHOLE_HEADS: ReadonlySet<ModelType> = new Set(['llama', 'gemma2', 'gemma3_text']);

function inconsistencies(config: DecoderConfig): FieldViolation[] {
  const { modelType, hiddenSize, numAttentionHeads, headDim } = config;
  const divides = hiddenSize % numAttentionHeads === 0 || !WHOLE_HEADS.has(modelType);
  const rotated = rotaryWidth(config);
  const rotaryField = rotated === headDim ? 'head_dim' : 'partial_rotary_factor';
  const rules: readonly (readonly [boolean, string, string])[] = [
    [
      Number.isInteger(headDim) && divides,
      'hidden_size',
      `must be a multiple of num_attention_heads (${numAttentionHeads}), is ${hiddenSize}`,
    ],
    [rotated % 2 !== 1 && rotated > 0, rotaryField, `must be even for rotary embedding, is ${rotated}`],
    [
      rotated !== 2 || ropesOf(config).every(({ kind }) => kind !== 'dynamic'),
      rotaryField,
      'must be above 2 for a dynamic rotary embedding',
    ],
    [
      config.numAttentionHeads % config.numKeyValueHeads === 0,
      'num_key_value_heads',
      `must divide num_attention_heads (${config.numAttentionHeads}), is ${config.numKeyValueHeads}`,
    ],
    [inVocabulary(config, [config.bosTokenId]), 'bos_token_id', 'is outside the vocabulary'],
    [inVocabulary(config, config.eosTokenIds), 'eos_token_id', 'is outside the vocabulary'],
    [inVocabulary(config, [config.padTokenId]), 'pad_token_id', 'is outside the vocabulary'],
    [
      longRopeFits(config),
      'rope_parameters',
      `must have ${rotated / 2} short and long factors, one a rotated pair`,
    ],
    [config.head === 'lm' || config.head.numLabels > 0, 'id2label', 'must name a label'],
  ];
  return rules
    .filter(([holds]) => !holds)
    .map(([, field, description]) => ({ field: `config.json/${field}`, description }));
}

function longRopeFits(config: DecoderConfig): boolean {
  return ropesOf(config).every(
    (one) =>
      one.kind !== 'longrope' ||
      [one.shortFactors, one.longFactors].every(({ length }) => 2 * length === rotaryWidth(config)),
  );
}

function inVocabulary(config: DecoderConfig, ids: readonly (number | null)[]): boolean {
  return ids.every((id) => id === null || id < config.vocabSize);
}
