import type { generation } from '@sipf/contracts';
import type { ChatLogProbs, ChatToken, LogProbs, PromptLogProb, PromptLogProbs } from '@sipf/openai';

type Detail = generation.TokenDetail;
type Named = Pick<Detail, 'tokenId' | 'text'>;

/** How tokens are told. */
export interface LogProbForm {
  /** Most probable tokens of a place. */
  readonly top: number;
  /** Whether tokens are named by their ids instead of by their texts. */
  readonly asIds: boolean;
}

/** Tokens of a text as a completion tells them. @param start code points of the text that are before these tokens */
export function logProbsOf(
  groups: readonly { readonly details: readonly Detail[]; readonly start: number }[],
  form: LogProbForm,
): LogProbs {
  const details = groups.flatMap((group) => group.details);
  const offsets = groups.flatMap((group) =>
    group.details.map(({ textOffset }) => (textOffset === undefined ? undefined : textOffset + group.start)),
  );
  return {
    tokens: details.map((detail) => nameOf(detail, form)),
    token_logprobs: details.map(({ logProb }) => logProb ?? null),
    top_logprobs: form.top === 0 ? null : details.map((detail) => rivalsOf(detail, form)),
    text_offset: offsets.every((offset) => offset !== undefined) ? offsets : [],
  };
}

/** The token itself and the most probable ones, each under a name of its own: a text that two of them have names the first alone. */
function rivalsOf(detail: Detail, form: LogProbForm): Record<string, number> | null {
  if (detail.logProb === undefined) return null;
  const named = new Map([[nameOf(detail, form), detail.logProb]]);
  for (const rival of detail.top.slice(0, form.top)) {
    if (rival.tokenId === detail.tokenId) continue;
    const name = nameOf(rival, form);
    named.set(named.has(name) ? idName(rival) : name, rival.logProb);
  }
  return Object.fromEntries(named);
}

function nameOf(token: Named, { asIds }: Pick<LogProbForm, 'asIds'>): string {
  return asIds || token.text === '' ? idName(token) : token.text;
}

function idName({ tokenId }: Named): string {
  return `token_id:${tokenId}`;
}

/** A prompt's tokens in vLLM's words. */
export function promptLogProbsOf(details: readonly Detail[], top: number): PromptLogProbs {
  return details.map((detail) => {
    if (detail.logProb === undefined) return null;
    const own = { logprob: detail.logProb, rank: null, decoded_token: detail.text };
    const places = new Map<string, PromptLogProb>([[String(detail.tokenId), own]]);
    detail.top.slice(0, top).forEach(({ tokenId, text, logProb }, at) => {
      places.set(String(tokenId), { logprob: logProb, rank: at + 1, decoded_token: text });
    });
    return Object.fromEntries(places);
  });
}

/** Tokens of a conversation's answer. */
export function chatLogProbsOf(details: readonly Detail[], form: LogProbForm): ChatLogProbs {
  const tokenOf = (token: Named, logprob: number): ChatToken => ({
    token: nameOf(token, form),
    logprob,
    bytes: token.text === '' ? null : [...Buffer.from(token.text)],
  });
  return {
    content: details.map((detail) => ({
      ...tokenOf(detail, detail.logProb ?? 0),
      top_logprobs: detail.top.slice(0, form.top).map((rival) => tokenOf(rival, rival.logProb)),
    })),
  };
}
