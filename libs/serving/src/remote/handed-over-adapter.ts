import { VLLM_LORA_RANKS } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  inspectAdapterFolder,
  type AdapterFolder,
  type DecoderConfig,
  linearModules,
  moduleLoras,
} from '@sipf/models';

const FILE = 'adapter_config.json';

/** The highest rank that any vLLM takes. */
export const VLLM_MAX_RANK = Math.max(...VLLM_LORA_RANKS);

/**
 * Checks that a server that takes PEFT folders as vLLM does will compute of an adapter what it says: such a server scales
 * every module by the settings' own alpha and rank, and knows no patterns, no DoRA and no matrices that are replaced.
 *
 * @throws SipfError failed-precondition ADAPTER_CONFIG_INVALID; as inspectAdapterFolder
 */
export async function checkHandedOver(
  folder: string,
  base: {
    readonly config: DecoderConfig;
    readonly digest: string;
    /** Highest rank that the servers take; undefined where they do not say. */
    readonly maxLoraRank?: number | undefined;
  },
): Promise<void> {
  const adapter = await inspectAdapterFolder(folder, base);
  checkRank(adapter, base.config, base.maxLoraRank);
  const field = unknownField(adapter, base.config);
  if (field === undefined) return;
  throw wrongField(
    field,
    'is not known to servers behind `--backend openai`: serve the adapter without that flag, or merge it into its base',
  );
}

function checkRank(
  { lora }: Pick<AdapterFolder, 'lora'>,
  config: DecoderConfig,
  most: number | undefined,
): void {
  const ranks = [...moduleLoras(lora, [...linearModules(config).keys()]).values()].map(({ rank }) => rank);
  const rank = Math.max(...ranks);
  if (most === undefined || rank <= most) return;
  const fitting = VLLM_LORA_RANKS.find((one) => one >= rank);
  const remedy =
    fitting === undefined ? 'merge the adapter into its base' : `start it with --max-lora-rank ${fitting}`;
  throw wrongField('r', `is ${rank}, the server takes ${most} at most: ${remedy}`);
}

function wrongField(field: string, description: string): SipfError {
  return new SipfError('failed-precondition', `${FILE}/${field}: ${description}`, {
    reason: 'ADAPTER_CONFIG_INVALID',
    violations: [{ field: `${FILE}/${field}`, description }],
  });
}

function unknownField(
  { lora, savedTensors }: Pick<AdapterFolder, 'lora' | 'savedTensors'>,
  config: DecoderConfig,
): string | undefined {
  if (lora.decomposed === true) return 'use_dora';
  if (savedTensors.length > 0) return 'modules_to_save';
  const modules = [...linearModules(config).keys()];
  const uniform = moduleLoras({ ...lora, rankPattern: {}, alphaPattern: {} }, modules);
  const own = [...moduleLoras(lora, modules)];
  const patterned = own.some(([module, { scaling }]) => uniform.get(module)?.scaling !== scaling);
  if (!patterned) return undefined;
  return lora.alphaPattern !== undefined && Object.keys(lora.alphaPattern).length > 0
    ? 'alpha_pattern'
    : 'rank_pattern';
}
