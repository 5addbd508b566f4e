import { VLLM_LORA_RANKS, type PrecisionName } from '@sipf/contracts';

/** The least of vLLM's ranks that an adapter's fits in. */
export function servedRank(rank: number): number {
  return rank === 0 ? 0 : (VLLM_LORA_RANKS.find((allowed) => allowed >= rank) ?? rank);
}

/** The model that a server starts with. */
export interface StartedModel {
  readonly folder: string;
  /** Of the folder. */
  readonly digest: string;
  /** What the run calls it. @default its digest */
  readonly name?: string | undefined;
}

/** What a server of vLLM must be able to do. */
export interface VllmNeed {
  /** Whether it writes text, or pools tokens for a verifier. */
  readonly runner: 'generate' | 'pooling';
  /** @default what only who starts the server knows: {@link UNKNOWN} */
  readonly model?: StartedModel | undefined;
  /** @default the port is not this command's to say */
  readonly port?: number | undefined;
  /** What it must compute in: by itself it computes float32 folders in float16 or bfloat16. */
  readonly dtype?: PrecisionName | undefined;
  /** Longest text, prompt and completion. @default the model's own */
  readonly maxModelLen?: number | undefined;
  /** The highest rank of the adapters that it is asked for. @default it takes none */
  readonly rank?: number | undefined;
  /** Whether it looks for adapters in the artifact store itself, or is asked to load them. */
  readonly resolves?: boolean | undefined;
  /** Whether it replaces its weights by those of the artifact store. */
  readonly reloads?: boolean | undefined;
  /** The artifact store's folder, as the server sees it. @default {@link UNKNOWN} */
  readonly store?: string | undefined;
  /** The token at which a process reward model of Qwen's kind is read. */
  readonly stepTag?: number | undefined;
  /** The share of its GPU that it may take. @default vLLM's own */
  readonly gpuShare?: number | undefined;
}

/** How to start a server: `python PROGRAM... MODEL... FLAGS...` in an environment. */
export interface VllmCommand {
  readonly program: readonly string[];
  /** Port, folder and name; what a hook for servers gives itself. */
  readonly model: readonly string[];
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Variables that stand in a command for what its maker does not know. */
export const UNKNOWN = { folder: '$MODEL_FOLDER', digest: '$MODEL_DIGEST', store: '$ARTIFACTS' } as const;

/** The command line and environment of a vLLM (0.32) that can do what is needed. */
export function vllmCommand(need: VllmNeed): VllmCommand {
  const { model = UNKNOWN, port } = need;
  const name = 'name' in model ? (model.name ?? model.digest) : model.digest;
  return {
    program: ['-m', 'vllm.entrypoints.openai.api_server'],
    model: [...flag('--port', port), '--model', model.folder, '--served-model-name', name],
    flags: flagsOf(need),
    environment: environmentOf(need, model.digest),
  };
}

function flagsOf({ runner, dtype, maxModelLen, rank = 0, reloads, stepTag, gpuShare }: VllmNeed): string[] {
  return [
    ...(runner === 'pooling' ? ['--runner', 'pooling'] : []),
    ...flag('--dtype', dtype),
    ...flag('--max-model-len', maxModelLen),
    ...(rank > 0 ? ['--enable-lora', '--max-loras', '1', '--max-lora-rank', String(servedRank(rank))] : []),
    // Samples of a question, and roll-outs of a path's prefixes, begin alike. What is pooled is computed for every token.
    ...(runner === 'generate' ? ['--enable-prefix-caching'] : []),
    ...(reloads === true ? ['--worker-extension-cls', 'sipf_vllm.worker.StoreWorker'] : []),
    ...(stepTag === undefined ? [] : ['--pooler-config', JSON.stringify({ step_tag_id: stepTag })]),
    ...flag('--gpu-memory-utilization', gpuShare),
    '--no-enable-log-requests',
  ];
}

function environmentOf({ rank = 0, resolves, reloads, store }: VllmNeed, digest: string) {
  const usesStore = reloads === true || (rank > 0 && resolves === true);
  return {
    ...(rank > 0 ? { VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' } : {}),
    // Opens the calls that stop a server and change it: for a private network.
    ...(reloads === true ? { VLLM_SERVER_DEV_MODE: '1' } : {}),
    ...(usesStore ? { SIPF_STORE: store ?? UNKNOWN.store, SIPF_BASE_DIGEST: digest } : {}),
  };
}

function flag(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}
