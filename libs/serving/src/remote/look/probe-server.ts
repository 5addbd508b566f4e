import { SipfError } from '@sipf/errors';
import { parseJson, type Server } from '@sipf/openai';
import { z } from 'zod';
import type { ProbeSize, ServersFault } from './asked-servers.ts';

/** A model that is tried on one server. */
interface Trial {
  /** The server's name of it. */
  readonly model: string;
  readonly probe: Pick<ProbeSize, 'vocabSize'>;
  readonly signal: AbortSignal;
}

/** A request for a text of at most `maxTokens` tokens. */
export function writingBody(model: string, prompt: readonly number[], maxTokens: number): object {
  return { model, prompt, n: 1, max_tokens: maxTokens, temperature: 1 };
}

/** A request for the head's numbers at every token. */
export function poolingBody(model: string, input: readonly (readonly number[])[]): object {
  return { model, task: 'token_classify', use_activation: false, encoding_format: 'base64', input };
}

/** The last token of the vocabulary is the first: a server with a smaller one refuses it. */
function trialIds({ vocabSize }: Pick<ProbeSize, 'vocabSize'>): number[] {
  return [vocabSize - 1, 1, 1, 1];
}

/** Whether a server would write after the run's tokens. @throws ServerFault */
export async function writingFault(
  server: Server,
  { model, probe, signal }: Trial,
): Promise<ServersFault | undefined> {
  const body = writingBody(model, trialIds(probe), 1);
  const answer = await answerOf(server, { path: 'completions', body, signal });
  return typeof answer === 'string' ? undefined : faultOf(answer, probe, '--runner generate');
}

const pooled = z.object({ data: z.array(z.object({ data: z.base64() })) });

/** Whether a server would score the run's tokens. @throws ServerFault */
export async function poolingFault(
  server: Server,
  { model, probe, signal }: Trial,
): Promise<ServersFault | undefined> {
  const ids = trialIds(probe);
  const answer = await answerOf(server, { path: '../pooling', body: poolingBody(model, [ids]), signal });
  if (typeof answer !== 'string') return faultOf(answer, probe, '--runner pooling');
  const { data } = pooled.safeParse(parseJson(answer));
  const numbers = Buffer.from(data?.data[0]?.data ?? '', 'base64').length / 4;
  // Fewer where it reports the steps' marks alone.
  if (data !== undefined && numbers <= 2 * ids.length) return undefined;
  const found = data === undefined ? 'no numbers' : `${numbers / ids.length} numbers a token`;
  const description =
    `${server.host} reports ${found}, and a verifier's head has one ` +
    `or two labels: serve a verifier's folder with --runner pooling`;
  return { about: 'kind', description };
}

/** The text of an answer, or the refusal. @throws ServerFault */
async function answerOf(
  server: Server,
  { path, body, signal }: { readonly path: string; readonly body: object; readonly signal: AbortSignal },
): Promise<string | SipfError> {
  try {
    // A server of the other kind says so with status 501.
    const isRefusal = (_status: number, said: string): boolean => said.includes('does not support');
    return await server.post(path, body, { signal, parse: (text) => text, isRefusal });
  } catch (error) {
    if (error instanceof SipfError) return error;
    throw error;
  }
}

function faultOf({ message }: SipfError, { vocabSize }: Trial['probe'], runner: string): ServersFault {
  if (!/out of vocabulary/i.test(message))
    return { about: 'kind', description: `${message}: start it with ${runner}` };
  const description =
    `${message}: it serves another model, with fewer than the ` +
    `run's ${vocabSize} tokens; serve the run's own folder`;
  return { about: 'vocabulary', description };
}
