import { SipfError } from '@sipf/errors';
import type { Tokenizer } from '@sipf/models';

/** More characters than almost any token has; a text longer than the limit at this rate is looked at before it is read. */
const CHARACTERS_A_TOKEN = 8;
/** Tokens that the cut at the end of a beginning may add to it. */
const CUT_TOKENS = 64;

/** Where a text comes from and how long it may be. */
export interface TextField {
  /** The field as the request spells it, e.g. `prompts[3].text`. */
  readonly field: string;
  readonly maxTokens: number;
  /** Whether those of the tokenizer's template are put around the text. @default true */
  readonly addSpecialTokens?: boolean;
}

/**
 * Token ids of a text, special ones included; undefined where they are more than `maxTokens`.
 * @throws SipfError invalid-argument naming the field: TEXT_NOT_ENCODABLE as the tokenizer does, INVALID_FIELD for a text
 * without a token
 */
export function encodeText(
  tokenizer: Tokenizer,
  text: string,
  { field, maxTokens, addSpecialTokens = true }: TextField,
): readonly number[] | undefined {
  if (inField(field, () => isSurelyLonger(tokenizer, text, maxTokens))) return undefined;
  const ids = inField(field, () => tokenizer.encode(text, { addSpecialTokens }));
  if (ids.length > maxTokens) return undefined;
  if (ids.length > 0) return ids;
  const description = 'must have at least one token';
  throw new SipfError('invalid-argument', `${field} ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field, description }],
  });
}

/**
 * Whether the beginning of a text alone has more than `maxTokens` tokens. Reading a text of a million characters takes
 * seconds of a processor; its beginning is read in milliseconds.
 * @throws SipfError failed-precondition where the tokenizer is at fault
 */
export function isSurelyLonger(tokenizer: Tokenizer, text: string, maxTokens: number): boolean {
  const characters = CHARACTERS_A_TOKEN * (maxTokens + CUT_TOKENS);
  if (text.length <= characters) return false;
  const lastSpace = text.lastIndexOf(' ', characters);
  const beginning = text.slice(0, lastSpace > 0 ? lastSpace : characters);
  try {
    return tokenizer.encode(beginning).length > maxTokens + CUT_TOKENS;
  } catch (error) {
    if (error instanceof SipfError && error.kind === 'failed-precondition') throw error;
    // Reading the whole text finds what is wrong with it.
    return false;
  }
}

/** Names the field in what is thrown on purpose. */
export function inField<T>(field: string, encode: () => T): T {
  try {
    return encode();
  } catch (cause) {
    if (!(cause instanceof SipfError)) throw cause;
    const { kind, message, reason } = cause;
    const violations = [{ field, description: message }];
    throw new SipfError(kind, `${field}: ${message}`, { reason, violations, cause });
  }
}
