import type { DecoderConfig } from '../config/decoder-config.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TensorSource } from './host-tensor.ts';

/** Token ids that steer generation: generation_config.json's where it has them, else config.json's. */
export interface GenerationTokens {
  readonly eosTokenIds: readonly number[];
  readonly bosTokenId: number | null;
  readonly padTokenId: number | null;
}

/** An opened Hugging Face folder; its tensors are read from the files as they are asked for. */
export interface ModelFolder {
  readonly dir: string;
  readonly config: DecoderConfig;
  readonly tensors: TensorSource;
  /** Names of tensors that the architecture has no place for. */
  readonly unused: readonly string[];
  /** Absent where the folder has no tokenizer.json. */
  readonly tokenizer: Tokenizer | undefined;
  readonly generation: GenerationTokens;
  /** `sha256:<hex>` of the folder's manifest, see digestFolder; equal content has an equal digest. */
  readonly digest: string;
  /** Closes the files; tensors already read stay valid. */
  close(): void;
}
