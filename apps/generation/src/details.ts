import { inTurns } from '@sipf/async';
import type { generation } from '@sipf/contracts';
import type { RankedToken } from '@sipf/inference';
import { DECODED_TOKEN, piecesTask, type AsyncTokenizer } from '@sipf/models';
import { task as tokenTextsTask } from './token-texts-task.ts';

/** Tokens one after the other, and what the model makes of them. */
export interface DetailedTokens {
  readonly ids: readonly number[];
  /** One a token, undefined where there is none. */
  readonly logProbs: readonly (number | undefined)[];
  /** One a token, where the most probable tokens are wanted. */
  readonly top: readonly (readonly RankedToken[])[];
  /** The tokens before these; undefined at the beginning of a text. */
  readonly after?: readonly number[] | undefined;
  /** Their text, or a prefix of it. */
  readonly text: string;
}

/** Tokens as they cross the wire; yields to other calls meanwhile. @throws SipfError as AsyncTokenizer.run */
export async function tokenDetails(
  tokens: DetailedTokens,
  tokenizer: AsyncTokenizer,
  signal: AbortSignal,
): Promise<generation.TokenDetail[]> {
  const textOf = await textsOf(tokens, tokenizer);
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

type TokenTexts = (id: number) => string;

function topToken({ token, logProb }: RankedToken, textOf: TokenTexts): generation.TopToken {
  return { tokenId: token, text: textOf(token), logProb };
}

async function textsOf({ ids, top }: DetailedTokens, tokenizer: AsyncTokenizer): Promise<TokenTexts> {
  const all = [...new Set([...ids, ...top.flatMap((ranked) => ranked.map(({ token }) => token))])];
  const texts = await tokenizer.run(tokenTextsTask, all, DECODED_TOKEN * all.length);
  const byId = new Map(all.map((id, index) => [id, texts[index] ?? '']));
  return (id) => byId.get(id) ?? '';
}

/** Where each token's text begins, in code points; undefined where the tokens decode to another text, e.g. after a normaliser. */
async function offsetsOf(
  { ids, after, text }: DetailedTokens,
  tokenizer: AsyncTokenizer,
  signal: AbortSignal,
): Promise<number[] | undefined> {
  const pieces = await tokenizer.run(piecesTask, { ids, promptIds: after }, DECODED_TOKEN * ids.length);
  if (!pieces.text.startsWith(text)) return undefined;
  const length = Array.from(text).length;
  let offset = 0;
  let said = 0;
  const offsets: number[] = [];
  for await (const end of inTurns(pieces.ends, signal)) {
    offsets.push(Math.min(offset, length));
    offset += Array.from(pieces.text.slice(said, end)).length;
    said = end;
  }
  return offsets;
}
