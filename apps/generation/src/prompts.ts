import type { common, generation } from '@sipf/contracts';
import type { GenerationRequest } from '@sipf/inference';
import { longestContinuation } from '@sipf/models';
import { encodeText, inTurns, toOrder, type ServedGenerator } from '@sipf/serving';

/** A request's prompts, read. */
export interface EncodedPrompts {
  /** What the generator is asked for; `key` is the prompt's id. */
  readonly orders: readonly (GenerationRequest & { readonly key: string })[];
  /** Ids of the prompts that leave no room for a single token in the model's longest sequence. */
  readonly tooLong: readonly string[];
}

/** Reads the prompts, and lets other calls have their turn meanwhile. @throws SipfError as encodeText does */
export async function encodePrompts(
  prompts: readonly generation.Prompt[],
  sampling: common.SamplingSettings,
  reader: Pick<ServedGenerator, 'generator' | 'tokenizer'> & { readonly signal: AbortSignal },
): Promise<EncodedPrompts> {
  const { config } = reader.generator.model;
  const orders: (GenerationRequest & { key: string })[] = [];
  const tooLong: string[] = [];
  for await (const [index, { id, text }] of inTurns(prompts.entries(), reader.signal)) {
    const place = { field: `prompts[${index}].text`, maxTokens: config.maxPositionEmbeddings - 1 };
    const promptIds = encodeText(reader.tokenizer, text, place);
    const longest = longestContinuation(config, promptIds?.length ?? 0);
    if (promptIds === undefined || promptIds.length >= longest) tooLong.push(id);
    else orders.push({ ...toOrder({ key: id, promptIds, longest }, sampling), key: id });
  }
  return { orders, tooLong };
}
