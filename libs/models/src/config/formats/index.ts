import type { ConfigFormat } from '../config-format.ts';
import type { ModelType } from '../decoder-config.ts';
import { gemmaFormat } from './gemma.ts';
import { gemma2Format } from './gemma2.ts';
import { gemma3Format } from './gemma3.ts';
import { llamaFormat } from './llama.ts';
import { mistralFormat } from './mistral.ts';
import { phiFormat } from './phi.ts';
import { phi3Format } from './phi3.ts';
import { qwen2Format } from './qwen2.ts';
import { qwen3Format } from './qwen3.ts';
import { smollm3Format } from './smollm3.ts';

/** How the config.json of every family is read and written. */
export const CONFIG_FORMATS: Readonly<Record<ModelType, ConfigFormat>> = {
  llama: llamaFormat,
  gemma: gemmaFormat,
  phi: phiFormat,
  mistral: mistralFormat,
  qwen2: qwen2Format,
  qwen3: qwen3Format,
  gemma2: gemma2Format,
  gemma3_text: gemma3Format,
  phi3: phi3Format,
  smollm3: smollm3Format,
};
