import { inTurns } from '@sipf/async';
import type { generation } from '@sipf/contracts';
import type { RankedToken } from '@sipf/inference';
import type { Tokenizer } from '@sipf/models';
import { tokenTextsOf, type TokenTexts } from './token-texts.ts';

/** Tokens one after the other, and what the model makes of them. */
export interface DetailedTokens {
  readonly ids: readonly number[];
  /** One a token, undefined where there is none. */
  readonly logProbs: readonly (number | undefined)[];
  /** One a token, where most probable tokens are told. */
  readonly top: readonly (readonly RankedToken[])[];
  /** What the tokens go on from; undefined for the beginning of a text. */
  readonly after?: readonly number[] | undefined;
  /** The text that they make up, or a beginning of it. */
  readonly text: string;
}

/** Tokens as they cross the wire; lets other calls have their turn meanwhile. */
export async function tokenDetails(
  tokens: DetailedTokens,
  tokenizer: Tokenizer,
  signal: AbortSignal,
): Promise<generation.TokenDetail[]> {
  const textOf = tokenTextsOf(tokenizer);
  const offsets = await offsetsOf(tokens, tokenizer, signal);
  const details: generation.TokenDetail[] = [];
  for await (const [at, tokenId] of inTurns(tokens.ids.entries(), signal)) {
    details.push({
      tokenId,
      text: textOf(tokenId),
      textOffset: offsets?.[at],
      logProb: tokens.logProbs[at],
      top: (tokens.top[at] ?? []).map((one) => topToken(one, textOf)),
    });
  }
  return details;
}

function topToken({ token, logProb }: RankedToken, textOf: TokenTexts): generation.TopToken {
  return { tokenId: token, text: textOf(token), logProb };
}

/** Where each token's text begins, in code points; undefined where the tokens say another text, e.g. after a normaliser. */
async function offsetsOf(
  { ids, after, text }: DetailedTokens,
  tokenizer: Tokenizer,
  signal: AbortSignal,
): Promise<number[] | undefined> {
  const decoder = tokenizer.createIncrementalDecoder(after === undefined ? {} : { promptIds: after });
  const length = Array.from(text).length;
  let said = '';
  let offset = 0;
  const offsets: number[] = [];
  for await (const id of inTurns(ids, signal)) {
    offsets.push(Math.min(offset, length));
    const piece = decoder.push(id);
    said += piece;
    offset += Array.from(piece).length;
  }
  said += decoder.finish();
  return said.startsWith(text) ? offsets : undefined;
}
