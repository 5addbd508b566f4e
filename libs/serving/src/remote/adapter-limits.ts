import type { Server } from '@sipf/openai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLoadRefusal, isRefused } from './backend-failures.ts';

/** Settings of an adapter that no server takes, whose refusal names the highest rank that it would take. */
const UNLOADABLE = { peft_type: 'LORA', r: 1_000_000, lora_alpha: 1, target_modules: ['q_proj'] };
const NAME = 'sipf-rank-probe';
/** Where deploy/vllm leaves such settings on a server's machine. */
const THERE = '~/.cache/sipf-vllm/rank-probe';

/** What a server takes of adapters; undefined for what it does not say. */
export interface AdapterLimits {
  /** Highest rank of an adapter. */
  readonly maxLoraRank?: number | undefined;
  /** Whether it was started with adapters at all. */
  readonly takesAdapters?: boolean | undefined;
}

/** Each refusal is a stack trace in the server's log, so that one is asked for once; what comes back after a failure is another. */
const asked = new WeakMap<Server, AdapterLimits>();

/**
 * What a vLLM takes of adapters, by its refusal of one that it cannot load: it says so where it does not describe itself. Nothing
 * changes there.
 * @returns nothing where it loads no adapters while it runs, or sees neither this machine's temporary folder nor our plugin's
 * @throws ServerFault
 */
export async function askAdapterLimits(server: Server, signal: AbortSignal): Promise<AdapterLimits> {
  const limits = asked.get(server) ?? (await askNow(server, signal));
  asked.set(server, limits);
  return limits;
}

async function askNow(server: Server, signal: AbortSignal): Promise<AdapterLimits> {
  const here = mkdtempSync(join(tmpdir(), 'sipf-rank-'));
  try {
    writeFileSync(join(here, 'adapter_config.json'), JSON.stringify(UNLOADABLE));
    for (const folder of [here, THERE]) {
      const limits = limitsIn(await refusalOf(server, folder, signal));
      if (limits !== undefined) return limits;
    }
    return {};
  } finally {
    rmSync(here, { recursive: true });
  }
}

/** Empty where there is none. */
async function refusalOf(server: Server, folder: string, signal: AbortSignal): Promise<string> {
  const body = { lora_name: NAME, lora_path: folder };
  try {
    await server.post('load_lora_adapter', body, { signal, parse: () => true, isRefusal: isLoadRefusal });
    return '';
  } catch (error) {
    if (isRefused(error)) return error.message;
    throw error;
  }
}

function limitsIn(said: string): AdapterLimits | undefined {
  if (/LoRA is not enabled/.test(said)) return { takesAdapters: false };
  const rank = Number(/greater than max_lora_rank (\d+)/.exec(said)?.[1]);
  return rank > 0 ? { takesAdapters: true, maxLoraRank: rank } : undefined;
}
