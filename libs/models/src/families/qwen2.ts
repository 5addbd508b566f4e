import type { DecoderFamily } from './decoder-family.ts';
import { llama } from './llama.ts';
import { gatedBlockModules } from './module-table.ts';

/** Qwen 2 (Yang et al. 2024): Llama with a bias on queries, keys and values only. */
export const qwen2: DecoderFamily = {
  ...llama,
  modules: (config) => gatedBlockModules(config, { qkv: true }),
};
