import { z } from 'zod';

/** A model as `GET models` lists it. */
export interface ModelCard {
  readonly id: string;
  readonly object: 'model';
  /** Seconds since 1970. */
  readonly created: number;
  readonly owned_by: string;
  /** vLLM's: the base of an adapter. */
  readonly parent: string | null;
  /** vLLM's: longest sequence in tokens. */
  readonly max_model_len?: number;
}

/** What a client must find of one model. */
export const modelCard = z.object({
  id: z.string(),
  parent: z.string().nullish(),
  /** vLLM's: the folder that the server was started with. */
  root: z.string().nullish(),
  /** vLLM's: longest sequence in tokens. */
  max_model_len: z.int().positive().nullish(),
});
/** What a client must find in a list of models. */
export const modelList = z.object({ data: z.array(modelCard) });

/** `POST load_lora_adapter`. */
export const loadAdapterRequest = z.strictObject({
  lora_name: z.string().min(1).max(256),
  /** A PEFT folder on storage that client and server share, or the digest of one in the server's artifact store. */
  lora_path: z.string().min(1).max(4096),
  /** Ours: the name of its base, where that is not the server's default model. */
  base_model_name: z.string().min(1).max(256).nullish(),
});

/** `POST unload_lora_adapter`. */
export const unloadAdapterRequest = z.strictObject({
  lora_name: z.string().min(1).max(256),
  lora_int_id: z.int().nullish(),
});
