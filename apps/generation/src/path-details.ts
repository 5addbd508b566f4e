import type { generation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { GeneratedSample, GenerationRequest } from '@sipf/inference';
import { decodeTask } from '@sipf/models';
import type { ServedGenerator } from '@sipf/serving';
import { tokenDetails } from './details.ts';
import { tokensOf } from './paths.ts';

/** Most details of one path, and of all prompts of a request, alternatives included; see the proto. */
const [MOST_OF_PATH, MOST_OF_PROMPTS] = [262_144, 1_048_576];

/** The log-probabilities that a generator must return with its samples. */
export function wantedLogProbs({
  returnDetails,
  returnPromptDetails,
  topLogProbs,
  sampling,
}: generation.GenerateRequest): Pick<GenerationRequest, 'topLogProbs' | 'promptLogProbs'> {
  return {
    topLogProbs: returnDetails || returnPromptDetails ? topLogProbs : 0,
    // A generator that writes nothing has nothing else to do.
    promptLogProbs: returnPromptDetails || sampling?.maxNewTokens === 0,
  };
}

/** Whether answers carry more than their samples. */
export function wantsDetails(request: generation.GenerateRequest): boolean {
  return request.returnDetails || request.returnPromptDetails || request.returnPromptText;
}

/** @throws SipfError invalid-argument INVALID_FIELD for details that are too many */
export function checkDetails(
  request: generation.GenerateRequest,
  orders: readonly GenerationRequest[],
): void {
  const { returnDetails, returnPromptDetails, topLogProbs } = request;
  const each = 1 + topLogProbs;
  const written = orders.map(({ sampling }) => (returnDetails ? each * sampling.maxNewTokens : 0));
  const read = orders.map(({ promptIds }) => (returnPromptDetails ? each * promptIds.length : 0));
  const path = Math.max(0, ...read.map((count, at) => count + (written[at] ?? 0)));
  if (path > MOST_OF_PATH) throw tooMany(`${path} a path`, MOST_OF_PATH);
  const prompts = read.reduce((sum, count, at) => sum + count * (orders[at]?.n ?? 1), 0);
  if (prompts > MOST_OF_PROMPTS) throw tooMany(`${prompts} of prompts`, MOST_OF_PROMPTS);
}

function tooMany(count: string, most: number): SipfError {
  const description =
    `and its details make ${count}, at most ${most} are ` +
    'returned: ask for fewer prompts, tokens or alternatives';
  return new SipfError('invalid-argument', `top_log_probs ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field: 'top_log_probs', description }],
  });
}

/** What an answer depends on besides its sample. */
export interface DetailContext {
  readonly request: generation.GenerateRequest;
  readonly order: GenerationRequest;
  readonly tokenizer: ServedGenerator['tokenizer'];
  readonly signal: AbortSignal;
}

/** An answer with the details that the request wants. */
export async function withDetails(
  path: generation.GenerateResponse,
  sample: GeneratedSample,
  { request, order, tokenizer, signal }: DetailContext,
): Promise<generation.GenerateResponse> {
  const { promptIds } = order;
  const promptText = order.promptText ?? (await tokenizer.run(decodeTask, promptIds, promptIds.length));
  const { logProbs, top, prompt = [], text } = sample;
  const positions = [undefined, ...prompt];
  const sources = {
    details: () => ({ ids: tokensOf(sample), logProbs, top, after: promptIds, text }),
    promptDetails: () => ({
      ...{ ids: promptIds, text: promptText },
      logProbs: positions.map((position) => position?.logProb),
      top: positions.map((position) => position?.top ?? []),
    }),
  };
  const detailsOf = (tokens: () => Parameters<typeof tokenDetails>[0]) =>
    tokenDetails(tokens(), tokenizer, signal);
  return {
    ...path,
    promptText: request.returnPromptText ? promptText : '',
    details: request.returnDetails ? await detailsOf(sources.details) : [],
    promptDetails: request.returnPromptDetails ? await detailsOf(sources.promptDetails) : [],
  };
}
