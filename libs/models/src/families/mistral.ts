import type { DecoderFamily } from './decoder-family.ts';
import { llama } from './llama.ts';
import { gatedBlockModules } from './module-table.ts';

/** Mistral (Jiang et al. 2023): Llama without biases; its sliding window is the configuration's `layerWindows`. */
export const mistral: DecoderFamily = { ...llama, modules: (config) => gatedBlockModules(config) };
