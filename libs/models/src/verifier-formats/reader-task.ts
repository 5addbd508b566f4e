import type { DecoderConfig } from '../config/decoder-config.ts';
import type { TokenizerTask } from '../tokenizer/tokenizer-task.ts';
import type { VerifierFormat, VerifierReader } from './verifier-format.ts';
import { createVerifierReader } from './verifier-formats.ts';

interface AskedFormat {
  readonly format: VerifierFormat;
  readonly config: DecoderConfig;
}

/** What is known of a verifier's reader before it reads. @throws SipfError as createVerifierReader */
export const task: TokenizerTask<AskedFormat, Omit<VerifierReader, 'encode'>> = {
  module: import.meta.url,
  run: (tokenizer, { format, config }) => {
    const { stepSeparator, head } = createVerifierReader(format, { config, tokenizer });
    return { format, stepSeparator, head };
  },
};
