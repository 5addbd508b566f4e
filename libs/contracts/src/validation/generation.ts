import type { GenerateRequest, Prompt } from '../generated/sipf/generation/v1/generation.ts';
import type { Checks } from './checks.ts';
import { checkModel, checkSampling, MAX_BATCH, MAX_TEXT } from './shared.ts';

/** Messages of one conversation. */
const MAX_MESSAGES = 4096;
const MAX_INDEX = 2 ** 31 - 1;

export function checkGenerate(checks: Checks, request: GenerateRequest): void {
  checkModel(checks, request.model);
  checks.text(request.clientId, 'client_id', { max: 256 });
  checkSampling(checks, request.sampling);
  if (!checks.count(request.prompts, 'prompts', { min: 1, max: MAX_BATCH })) return;
  for (const [index, prompt] of request.prompts.entries()) {
    checkPrompt(checks.nested(`prompts[${index}]`), prompt);
  }
  checks.distinct(
    request.prompts.map(({ id }) => id),
    'prompts',
  );
}

function checkPrompt(checks: Checks, { id, text, tokenIds, messages, firstSampleIndex }: Prompt): void {
  checks.text(id, 'id', { min: 1, max: 256 });
  checks.text(text, 'text', { max: MAX_TEXT });
  checks.count(tokenIds, 'token_ids', { min: 0, max: MAX_TEXT });
  checks.count(messages, 'messages', { min: 0, max: MAX_MESSAGES });
  checks.integer(firstSampleIndex, 'first_sample_index', { min: 0, max: MAX_INDEX });
  const given = [text !== '', tokenIds.length > 0, messages.length > 0].filter(Boolean).length;
  checks.require(given <= 1, 'text', 'only one of text, token_ids and messages may be given');
  for (const [index, { role, content }] of messages.entries()) {
    const nested = checks.nested(`messages[${index}]`);
    nested.text(role, 'role', { min: 1, max: 64 });
    nested.text(content, 'content', { max: MAX_TEXT });
  }
}
