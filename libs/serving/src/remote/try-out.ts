import type { Generator } from '@sipf/inference';
import { encodeTask, type AsyncTokenizer } from '@sipf/models';

/** Longest wait for the first token of a server. */
const FIRST_MS = 300_000;

/** Has the server write a token, so that unusable answers are found before there is work. @throws SipfError as readCompletion */
export async function tryOut(generator: Generator, tokenizer: AsyncTokenizer): Promise<void> {
  const text = 'a';
  const order = { seed: 0, key: 'first question', sampling: { greedy: true, maxNewTokens: 1 } };
  const prompt = (await encodable(tokenizer, text)) ?? { promptIds: [tokenizer.bosTokenId ?? 0] };
  const samples = generator.generate([{ ...order, ...prompt }], { timeoutMs: FIRST_MS });
  while ((await samples.next()).done !== true);
}

/** Undefined for a text that the vocabulary lacks. */
async function encodable(tokenizer: AsyncTokenizer, promptText: string) {
  try {
    const promptIds = await tokenizer.run(encodeTask, { text: promptText }, promptText.length);
    return promptIds.length === 0 ? undefined : { promptIds, promptText };
  } catch {
    return undefined;
  }
}
