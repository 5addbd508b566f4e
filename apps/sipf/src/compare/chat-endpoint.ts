import { SipfError } from '@sipf/errors';
import { Endpoint, fixedServers, parseJson, type EndpointFailures, type EndpointOptions } from '@sipf/openai';
import { z } from 'zod';
import type { Judge, JudgeAnswer } from './judge.ts';

/** A server that speaks OpenAI's chat completions. */
export interface ChatEndpoint extends Omit<EndpointOptions, 'failures' | 'maxBytes' | 'servers'> {
  /** Up to and without `/chat/completions`. */
  readonly url: URL;
  readonly model: string;
  readonly concurrency: number;
}

const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
  usage: z.object({ total_tokens: z.number() }).optional(),
});

/** A judge behind an endpoint. Busy, broken and silent servers are asked again. */
export function createEndpointJudge({ model, concurrency, url, ...options }: ChatEndpoint): Judge {
  const { host } = url;
  const endpoint = new Endpoint({ ...options, servers: fixedServers([url]), failures: failuresOf(host) });
  return {
    name: `${model} at ${host}`,
    concurrency,
    ask: (messages, { signal }) =>
      endpoint.post('chat/completions', { model, messages, temperature: 0 }, { signal, parse: parseAnswer }),
  };
}

function parseAnswer(text: string): JudgeAnswer | undefined {
  const { data } = completion.safeParse(parseJson(text));
  const content = data?.choices[0]?.message.content;
  return content === undefined ? undefined : { text: content, tokens: data?.usage?.total_tokens };
}

function failuresOf(host: string): EndpointFailures {
  return {
    refused: ({ status, said }) =>
      new SipfError('failed-precondition', `the judge refuses the request (status ${status}): ${said}`, {
        reason: 'JUDGE_REFUSED',
      }),
    gaveUp: ({ why }, attempts) => {
      const message = `the judge at ${host} gave no answer in ${attempts} attempts; the last time: ${why}`;
      return new SipfError('unavailable', message, { reason: 'JUDGE_UNAVAILABLE' });
    },
  };
}
