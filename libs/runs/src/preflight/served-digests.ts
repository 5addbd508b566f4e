import type { RunConfig } from '@sipf/contracts';
import { existsSync } from 'node:fs';
import { servedFolder } from '../vllm/vllm-starts.ts';

/** Digests of the model folders that servers of vLLM start with, by their path; of those that are here. */
export async function servedDigests(config: RunConfig): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const part of ['policy', 'simulator'] as const) {
    const server = config.engines?.[part];
    const folder = servedFolder(part, config);
    if (server?.kind !== 'vllm' || server.hook !== undefined || folder === undefined) continue;
    const { digestFolder } = await import('@sipf/models');
    if (existsSync(folder)) digests[folder] = await digestFolder(folder);
  }
  return digests;
}
