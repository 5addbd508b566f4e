import type { SipfError } from '@sipf/errors';
import type { z } from 'zod';
import type { DecoderConfig, ModelType } from './decoder-config.ts';
import { invalidFields, parseFileContent } from './schema-violations.ts';

/** How one family's configuration is spelt in config.json; every file of `formats` holds one. */
export interface ConfigFormat {
  /** What transformers' classes of the family begin with, e.g. `Llama` of `LlamaForCausalLM`. */
  readonly className: string;
  /** `hidden_act` of a written file. */
  readonly activation: string;
  /** What the epsilon of the norms is called. @default rms_norm_eps */
  readonly epsilonField?: string;
  /** The fields that are read; others must say nothing that the family does not compute. */
  readonly fields: ReadonlySet<string>;
  /** @throws SipfError failed-precondition MODEL_CONFIG_INVALID, one violation a wrong field, UNSUPPORTED_ARCHITECTURE */
  read(value: unknown): DecoderConfig;
  /** The fields that only this family has. */
  write(config: DecoderConfig): Record<string, unknown>;
}

/** What {@link configFormat} makes a format of. */
export interface ConfigFormatParts<Shape extends z.ZodRawShape> extends Omit<
  ConfigFormat,
  'fields' | 'read' | 'write'
> {
  readonly modelType: ModelType;
  readonly schema: z.ZodObject<Shape, z.core.$loose>;
  readonly read: (raw: z.output<z.ZodObject<Shape, z.core.$loose>>) => Omit<DecoderConfig, 'modelType'>;
  /** @default none */
  readonly write?: (config: DecoderConfig) => Record<string, unknown>;
}

/** Where a wrong field is. */
export const CONFIG_FILE = { fileName: 'config.json', reason: 'MODEL_CONFIG_INVALID' };

/** The error of a field of config.json that is wrong beside others. */
export function invalidConfig(field: string, description: string): SipfError {
  return invalidFields([{ field: `${CONFIG_FILE.fileName}/${field}`, description }], CONFIG_FILE.reason);
}

/** A format from the schema of its file and the way from its fields to a configuration. */
export function configFormat<Shape extends z.ZodRawShape>({
  modelType,
  schema,
  read,
  write = () => ({}),
  ...rest
}: ConfigFormatParts<Shape>): ConfigFormat {
  return {
    ...rest,
    fields: new Set(Object.keys(schema.shape)),
    read: (value) => ({ modelType, ...read(parseFileContent(schema, value, CONFIG_FILE)) }),
    write,
  };
}
