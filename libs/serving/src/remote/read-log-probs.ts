import type { ResolvedRequest, PlaceLogProbs, RankedToken } from '@sipf/inference';
import type { ReadCompletion } from '@sipf/openai';
import { wrongAnswer } from './wrong-answer.ts';

type Choice = ReadCompletion['choices'][number];
type Asked = Pick<ResolvedRequest, 'promptIds' | 'topLogProbs' | 'promptLogProbs'>;

/**
 * The most probable tokens in each written token's place; undefined where none are asked for.
 * @throws SipfError as wrongAnswer where they are not told by ids, or not of every token
 */
export function readTop({ logprobs }: Choice, { topLogProbs }: Asked): RankedToken[][] {
  if (topLogProbs === 0) return [];
  const field = 'choices[0].logprobs.top_logprobs';
  const { token_logprobs: own, top_logprobs: places } = logprobs;
  if (places?.length !== own.length) {
    throw wrongAnswer({
      field,
      description: `has ${places?.length ?? 0} entries, one a token was asked for`,
    });
  }
  return places.map((place, at) => {
    const ranked = Object.entries(place ?? {}).map(([name, logProb]) => ({ token: idOf(name), logProb }));
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
 * What the model makes of the prompt but its first token, from vLLM's list; undefined where it is not asked for.
 * @throws SipfError as wrongAnswer where it is not the prompt's
 */
export function readPrompt({ prompt_logprobs: told }: Choice, asked: Asked): PlaceLogProbs[] | undefined {
  if (!asked.promptLogProbs) return undefined;
  const field = 'choices[0].prompt_logprobs';
  const { promptIds, topLogProbs } = asked;
  if (told?.length !== promptIds.length) {
    const description = `has ${told?.length ?? 0} entries, the prompt has ${promptIds.length} tokens`;
    throw wrongAnswer({ field, description });
  }
  return promptIds.slice(1).map((id, before) => {
    const place = told[before + 1] ?? {};
    const own = place[String(id)];
    const top = Object.entries(place)
      .filter(([, { rank }]) => typeof rank === 'number' && rank >= 1 && rank <= topLogProbs)
      .sort(([, a], [, b]) => Number(a.rank) - Number(b.rank))
      .map(([name, { logprob }]) => ({ token: Number(name), logProb: logprob }));
    if (own === undefined || top.length < topLogProbs) {
      const description = `must tell token ${id} and ${topLogProbs} ranks`;
      throw wrongAnswer({ field: `${field}[${before + 1}]`, description });
    }
    return { logProb: own.logprob, top };
  });
}
