import { generation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { JudgeMessage } from '@sipf/evaluation';
import { applyChatTemplate, loadTokenizer } from '@sipf/models';
import type { ServiceClient } from '@sipf/service';
import { createHash } from 'node:crypto';
import type { Judge } from './judge.ts';

/** A model folder that a generation service holds. */
export interface LocalModel {
  readonly folder: string;
  readonly name: string;
  readonly maxNewTokens: number;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
}

/** Conversations whose answers the service decodes together. */
const CONCURRENCY = 16;

/** A judge that is a model of one's own; its chat template lays the conversation out, where it has one. */
export function createLocalJudge(
  client: ServiceClient<generation.GenerationServiceDefinition>,
  { folder, name, maxNewTokens, timeoutMs }: LocalModel,
): Judge {
  const tokenizer = loadTokenizer(folder);
  const layOut = (messages: readonly JudgeMessage[]): string =>
    tokenizer.chatTemplate === undefined
      ? `${messages.map(({ content }) => content).join('\n\n')}\n\nAnswer:\n`
      : applyChatTemplate(
          tokenizer,
          messages.map((message) => ({ ...message })),
          { addGenerationPrompt: true },
        );
  return {
    name,
    concurrency: CONCURRENCY,
    ask: async (messages, { signal }) => {
      const text = layOut(messages);
      const id = createHash('sha256').update(text).digest('hex');
      const request = generation.GenerateRequest.fromPartial({
        prompts: [{ id, text }],
        sampling: { n: 1, greedy: true, maxNewTokens },
      });
      for await (const answer of client.generate(request, { signal, deadlineMs: timeoutMs })) {
        return { text: answer.text, tokens: answer.tokenCount };
      }
      throw new SipfError('unavailable', 'the judge gave no answer', { reason: 'JUDGE_UNAVAILABLE' });
    },
  };
}
