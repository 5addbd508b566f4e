import type { generation } from '@sipf/contracts';
import type { ChatLogProbs, ChatToken, LogProbs, PromptLogProb, PromptLogProbs } from '@sipf/openai';

type Detail = generation.TokenDetail;
type Named = Pick<Detail, 'tokenId' | 'text'>;

/** How tokens are listed. */
export interface LogProbForm {
  /** Number of most probable tokens at each position. */
  readonly top: number;
  /** Whether tokens are named by their ids instead of by their texts. */
  readonly asIds: boolean;
}

/** The tokens of a text as a completion lists them. `start`: code points of the text before the group's tokens. */
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

/** The token and the most probable ones under distinct names: a text that two of them share names only the first. */
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

/** A prompt's tokens in vLLM's form. */
export function promptLogProbsOf(details: readonly Detail[], top: number): PromptLogProbs {
  return details.map((detail) => {
    if (detail.logProb === undefined) return null;
    const own = { logprob: detail.logProb, rank: null, decoded_token: detail.text };
    const ranked = new Map<string, PromptLogProb>([[String(detail.tokenId), own]]);
    detail.top.slice(0, top).forEach(({ tokenId, text, logProb }, at) => {
      ranked.set(String(tokenId), { logprob: logProb, rank: at + 1, decoded_token: text });
    });
    return Object.fromEntries(ranked);
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
