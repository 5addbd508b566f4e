import { inTurns } from '@sipf/async';
import type { common, generation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { GenerationRequest } from '@sipf/inference';
import { longestContinuation } from '@sipf/models';
import { toRequest, type ServedGenerator } from '@sipf/serving';
import { task, sizeOf } from './prompt-task.ts';

/** A request's prompts, read. */
export interface EncodedPrompts {
  /** The generator's requests; `key` is the prompt's id. */
  readonly orders: readonly (GenerationRequest & { readonly key: string })[];
  /** The prompts that leave no room for a single token in the model's longest sequence. */
  readonly tooLong: readonly generation.Prompt[];
}

type Reader = Pick<ServedGenerator, 'generator' | 'tokenizer'> & {
  /** The request's `chat_day`. */
  readonly day: string;
};

/**
 * Reads the prompts, and yields to other calls meanwhile.
 * @throws SipfError invalid-argument INVALID_FIELD for a token id outside the vocabulary; as encodeText and applyChatTemplate do,
 * naming the field, and AsyncTokenizer.run
 */
export async function encodePrompts(
  prompts: readonly generation.Prompt[],
  sampling: common.SamplingSettings,
  reader: Reader & { readonly signal: AbortSignal },
): Promise<EncodedPrompts> {
  const { tokenizer, day } = reader;
  const { config } = reader.generator.model;
  // A prompt that is only read may fill the model.
  const written = Math.min(sampling.maxNewTokens, 1);
  const orders: (GenerationRequest & { key: string })[] = [];
  const tooLong: generation.Prompt[] = [];
  for await (const [index, prompt] of inTurns(prompts.entries(), reader.signal)) {
    const maxTokens = config.maxPositionEmbeddings - written;
    const order = { prompt, field: `prompts[${index}]`, maxTokens, day };
    checkTokens(prompt.tokenIds, `prompts[${index}].token_ids`, config.vocabSize);
    const promptIds =
      prompt.tokenIds.length > 0 ? prompt.tokenIds : await tokenizer.run(task, order, sizeOf(prompt));
    const longest = longestContinuation(config, promptIds?.length ?? 0);
    if (promptIds === undefined || promptIds.length + written > longest) {
      tooLong.push(prompt);
      continue;
    }
    const { id: key, text, firstSampleIndex } = prompt;
    // Another server's tokenizer may read tokens and laid-out conversations differently, so only plain texts are sent as text.
    const promptText = prompt.tokenIds.length + prompt.messages.length === 0 ? text : undefined;
    orders.push({ ...toRequest({ key, promptIds, promptText, longest }, sampling), key, firstSampleIndex });
  }
  return { orders, tooLong };
}

function checkTokens(ids: readonly number[], field: string, vocabSize: number): void {
  const at = ids.findIndex((id) => id >= vocabSize);
  if (at === -1) return;
  const description = `must be below ${vocabSize}, the size of the model's vocabulary; is ${ids[at] ?? ''}`;
  throw new SipfError('invalid-argument', `${field}[${at}] ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field: `${field}[${at}]`, description }],
  });
}
