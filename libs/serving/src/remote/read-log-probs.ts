import type { ResolvedRequest, TokenLogProbs, RankedToken } from '@sipf/inference';
import type { ReadCompletion } from '@sipf/openai';
import { wrongAnswer } from './wrong-answer.ts';

type Choice = ReadCompletion['choices'][number];
type Asked = Pick<ResolvedRequest, 'promptIds' | 'topLogProbs' | 'promptLogProbs'>;

/**
 * Per written token the most probable ones there; empty where none are asked for.
 * @throws SipfError as wrongAnswer where they are not named by ids, or not given for every token
 */
export function readTop({ logprobs }: Choice, { topLogProbs }: Asked): RankedToken[][] {
  if (topLogProbs === 0) return [];
  const field = 'choices[0].logprobs.top_logprobs';
  const { token_logprobs: own, top_logprobs: rankings } = logprobs;
  if (rankings?.length !== own.length) {
    throw wrongAnswer({
      field,
      description: `has ${rankings?.length ?? 0} entries, one a token was asked for`,
    });
  }
  return rankings.map((ranking, at) => {
    const ranked = Object.entries(ranking ?? {}).map(([name, logProb]) => ({ token: idOf(name), logProb }));
    if (ranked.some(({ token }) => Number.isNaN(token)) || ranked.length < topLogProbs) {
      const description = `must name ${topLogProbs} tokens at least as token_id:<id>`;
      throw wrongAnswer({ field: `${field}[${at}]`, description });
    }
    return ranked.sort((a, b) => b.logProb - a.logProb || a.token - b.token).slice(0, topLogProbs);
  });
}

function idOf(name: string): number {
  return Number(/^token_id:(\d+)$/.exec(name)?.[1] ?? NaN);
}

/**
 * The log-probabilities of the prompt's tokens but the first, from vLLM's list; undefined where it is not asked for.
 * @throws SipfError as wrongAnswer where it is not the prompt's
 */
export function readPrompt({ prompt_logprobs: entries }: Choice, asked: Asked): TokenLogProbs[] | undefined {
  if (!asked.promptLogProbs) return undefined;
  const field = 'choices[0].prompt_logprobs';
  const { promptIds, topLogProbs } = asked;
  if (entries?.length !== promptIds.length) {
    const description = `has ${entries?.length ?? 0} entries, the prompt has ${promptIds.length} tokens`;
    throw wrongAnswer({ field, description });
  }
  return promptIds.slice(1).map((id, before) => {
    const entry = entries[before + 1] ?? {};
    const own = entry[String(id)];
    const top = Object.entries(entry)
      .filter(([, { rank }]) => typeof rank === 'number' && rank >= 1 && rank <= topLogProbs)
      .sort(([, a], [, b]) => Number(a.rank) - Number(b.rank))
      .map(([name, { logprob }]) => ({ token: Number(name), logProb: logprob }));
    if (own === undefined || top.length < topLogProbs) {
      const description = `must name token ${id} and ${topLogProbs} ranks`;
      throw wrongAnswer({ field: `${field}[${before + 1}]`, description });
    }
    return { logProb: own.logprob, top };
  });
}
