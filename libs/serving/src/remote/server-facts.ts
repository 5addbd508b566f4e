import { parseJson, type Server } from '@sipf/openai';
import { z } from 'zod';
import { askAdapterLimits, type AdapterLimits } from './adapter-limits.ts';
import { isRefused } from './backend-failures.ts';

/** What a server says about itself beside OpenAI's API; undefined for what it does not say. */
export interface ServerFacts extends AdapterLimits {
  readonly version?: string | undefined;
  /** What it computes in, e.g. `bfloat16`, or the quantisation of its weights. */
  readonly precision?: string | undefined;
  readonly device?: string | undefined;
  /** The plugins that it loads, where it was told which. */
  readonly plugins?: readonly string[] | undefined;
  /** Version of the weights, as the server started with them or was asked to load; see ServerWeights. */
  readonly weightVersion?: string | undefined;
}

const versionAnswer = z.object({ version: z.string().min(1).max(100) });
const weightAnswer = z.object({ weight_version: z.string() });
/** Of vLLM's whole configuration, which changes with its versions, what is read here. */
const infoAnswer = z.object({
  vllm_config: z.object({
    model_config: z.object({ dtype: z.string(), quantization: z.string().nullish() }).nullish().catch(null),
    device_config: z.object({ device: z.string() }).nullish().catch(null),
    lora_config: z.object({ max_lora_rank: z.int().positive() }).nullish().catch(undefined),
  }),
  vllm_env: z
    .object({ VLLM_PLUGINS: z.array(z.string()).nullish() })
    .nullish()
    .catch(undefined),
});

/**
 * Asks a vLLM; `/server_info` and `/weight_info` are there with VLLM_SERVER_DEV_MODE=1 alone.
 * @param wants whether adapters are wanted of it
 * @throws ServerFault
 */
export async function readServerFacts(
  server: Server,
  { wants, signal }: { readonly wants: 'adapters' | 'a model'; readonly signal: AbortSignal },
): Promise<ServerFacts> {
  const version = (await optional(server, '../version', { schema: versionAnswer, signal }))?.version;
  const weightVersion = await readWeightVersion(server, signal);
  const info = await optional(server, '../server_info?config_format=json', { schema: infoAnswer, signal });
  const { model_config: model, device_config: device, lora_config: lora } = info?.vllm_config ?? {};
  const isAsked = lora === undefined && version !== undefined && wants === 'adapters';
  return {
    ...{ version, weightVersion, device: device?.device, maxLoraRank: lora?.max_lora_rank },
    takesAdapters: lora === undefined ? undefined : lora !== null,
    ...(isAsked ? await askAdapterLimits(server, signal) : {}),
    plugins: info?.vllm_env?.VLLM_PLUGINS ?? undefined,
    precision: model?.quantization ?? model?.dtype.replace(/^torch\./, ''),
  };
}

/** Undefined for a server that has none, whose weights therefore stay the same. @throws ServerFault */
export async function readWeightVersion(server: Server, signal: AbortSignal): Promise<string | undefined> {
  return (await optional(server, '../weight_info', { schema: weightAnswer, signal }))?.weight_version;
}

interface Wanted<T> {
  readonly schema: z.ZodType<T>;
  readonly signal: AbortSignal;
}

/** Undefined where the server refuses, or answers something else: then it is another kind of server. */
async function optional<T>(
  server: Server,
  path: string,
  { schema, signal }: Wanted<T>,
): Promise<T | undefined> {
  const parse = (text: string) => ({ value: schema.safeParse(parseJson(text)).data });
  try {
    return (await server.get(path, { signal, parse })).value;
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}
