import type { z } from 'zod';
import type { DecoderConfig, ModelType } from './decoder-config.ts';
import { parseFileContent } from './schema-violations.ts';

/** How one family's configuration is spelt in config.json; every file of `formats` holds one. */
export interface ConfigFormat {
  /** What transformers' classes of the family begin with, e.g. `Llama` of `LlamaForCausalLM`. */
  readonly className: string;
  /** `hidden_act` of a written file. */
  readonly activation: string;
  /** What the epsilon of the norms is called. @default rms_norm_eps */
  readonly epsilonField?: string;
  /** @throws SipfError failed-precondition MODEL_CONFIG_INVALID, one violation a wrong field, UNSUPPORTED_ARCHITECTURE */
  read(value: unknown): DecoderConfig;
  /** The fields that only this family has. */
  write(config: DecoderConfig): Record<string, unknown>;
}

/** What {@link configFormat} makes a format of. */
export interface ConfigFormatParts<Fields> extends Omit<ConfigFormat, 'read' | 'write'> {
  readonly modelType: ModelType;
  readonly schema: z.ZodType<Fields>;
  readonly read: (raw: Fields) => Omit<DecoderConfig, 'modelType'>;
  /** @default none */
  readonly write?: (config: DecoderConfig) => Record<string, unknown>;
}

/** Where a wrong field is. */
export const CONFIG_FILE = { fileName: 'config.json', reason: 'MODEL_CONFIG_INVALID' };

/** A format from the schema of its file and the way from its fields to a configuration. */
export function configFormat<Fields>({
  modelType,
  schema,
  read,
  write = () => ({}),
  ...rest
}: ConfigFormatParts<Fields>): ConfigFormat {
  return {
    ...rest,
    read: (value) => ({ modelType, ...read(parseFileContent(schema, value, CONFIG_FILE)) }),
    write,
  };
}
