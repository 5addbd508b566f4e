import type { DecoderConfig, HeadConfig } from '../config/decoder-config.ts';
import type { EncodedSteps } from '../tokenizer/encode-steps.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** How verifiers are published: how they read a path, and where they score a step. */
export const VERIFIER_FORMATS = ['sipf', 'trl', 'math-shepherd', 'rlhflow', 'qwen-prm'] as const;
export type VerifierFormat = (typeof VERIFIER_FORMATS)[number];

/** A path before it is encoded. */
export interface PathText {
  readonly question: string;
  readonly steps: readonly string[];
}

/** Reads paths for one verifier. */
export interface VerifierReader {
  readonly format: VerifierFormat;
  /** What the verifier is shown after a step. */
  readonly stepSeparator: string;
  /** The head to load the folder with. */
  readonly head: HeadConfig;
  /**
   * Token ids of the path; `stepEnds` are the positions at which the head scores the steps.
   * @throws SipfError invalid-argument STEP_EMPTY, TEXT_NOT_ENCODABLE, CHAT_TEMPLATE_REFUSED; as the tokenizer
   */
  encode(path: PathText): EncodedSteps;
}

/** What a reader is made of. */
export interface ReaderParts {
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
}
