import { SipfError } from '@sipf/errors';
import { parseDecoderConfig } from '../config/parse-decoder-config.ts';
import { readJsonFile } from '../storage/read-json-file.ts';
import { mathShepherdReader } from './math-shepherd-format.ts';
import { qwenPrmReader } from './qwen-prm-format.ts';
import { rlhflowReader } from './rlhflow-format.ts';
import { sipfReader } from './sipf-format.ts';
import { trlReader } from './trl-format.ts';
import type { ReaderParts, VerifierFormat, VerifierReader } from './verifier-format.ts';

export { VERIFIER_FORMATS } from './verifier-format.ts';
export type { VerifierFormat, VerifierReader } from './verifier-format.ts';

const READERS: Readonly<Record<VerifierFormat, (parts: ReaderParts) => VerifierReader>> = {
  sipf: sipfReader,
  trl: trlReader,
  'math-shepherd': mathShepherdReader,
  rlhflow: rlhflowReader,
  'qwen-prm': qwenPrmReader,
};

/** The heads that a format can be read with. */
const HEADS: Readonly<Record<VerifierFormat, string>> = {
  sipf: 'token-classification',
  trl: 'token-classification',
  'math-shepherd': 'lm',
  rlhflow: 'lm',
  'qwen-prm': 'mlp-score',
};

/**
 * Reads paths as a format does.
 * @throws SipfError failed-precondition NOT_A_VERIFIER for a model that has not the format's head, TOKENIZER_INVALID for a
 * tokenizer without its marks
 */
export function createVerifierReader(format: VerifierFormat, parts: ReaderParts): VerifierReader {
  const { head } = parts.config;
  const kind = head === 'lm' ? head : head.kind;
  if (kind === HEADS[format]) return READERS[format](parts);
  throw notAVerifier(`the format ${format} needs a ${HEADS[format]} head, this model has a ${kind} head`);
}

/**
 * The format of a model folder, where its config.json leaves no doubt: verifiers trained here say what their head sees,
 * other token classifiers are TRL's.
 * @throws SipfError failed-precondition NOT_A_VERIFIER for a language model, which only its user can know; as
 * parseDecoderConfig
 */
export function detectVerifierFormat(dir: string): VerifierFormat {
  const raw = readJsonFile(dir, 'config.json');
  const { head } = parseDecoderConfig(raw);
  if (head === 'lm') {
    throw notAVerifier(
      'this model has a language-model head; if it is a verifier, name its format: math-shepherd or rlhflow',
    );
  }
  if (head.kind === 'mlp-score') return 'qwen-prm';
  return Object.hasOwn(raw as object, 'sipf_verifier_features') ? 'sipf' : 'trl';
}

function notAVerifier(message: string): SipfError {
  return new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
}
