import type { DecoderFamily } from './decoder-family.ts';
import { llama } from './llama.ts';

/** SmolLM 3 (Bakouch et al. 2025): Llama, some of whose layers have no RoPE, the configuration's `nopeLayers`. */
export const smollm3: DecoderFamily = llama;
