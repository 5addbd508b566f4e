import { BOUNDS } from '../bounds.ts';
import { StepRule } from '../generated/sipf/common/v1/common.ts';
import type { GenerateRequest, Prompt } from '../generated/sipf/generation/v1/generation.ts';
import { MAX_ID, MAX_TEXT, MAX_TOP_LOG_PROBS, MAX_MESSAGES } from '../lengths.ts';
import type { Checks } from './checks.ts';
import { checkChatDay, checkModel, checkSampling, MAX_BATCH } from './shared.ts';

export function checkGenerate(checks: Checks, request: GenerateRequest): void {
  checkModel(checks, request.model);
  checkChatDay(checks, request.chatDay);
  checks.text(request.clientId, 'client_id', { max: MAX_ID });
  const { stepRule, topLogProbs, returnDetails, returnPromptDetails, returnPromptText } = request;
  checkSampling(checks, request.sampling, { minNewTokens: returnPromptDetails || returnPromptText ? 0 : 1 });
  checks.require(
    stepRule === StepRule.UNSPECIFIED || stepRule === StepRule.LINE,
    'step_rule',
    'must be STEP_RULE_LINE: paths are cut at lines only',
  );
  checks.integer(topLogProbs, 'top_log_probs', { min: 0, max: MAX_TOP_LOG_PROBS });
  checks.require(
    topLogProbs === 0 || returnDetails || returnPromptDetails,
    'top_log_probs',
    'is returned with return_details or return_prompt_details',
  );
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
  checks.text(id, 'id', { min: 1, max: MAX_ID });
  checks.text(text, 'text', { max: MAX_TEXT });
  checks.count(tokenIds, 'token_ids', { min: 0, max: MAX_TEXT });
  const isShort = checks.count(messages, 'messages', { min: 0, max: MAX_MESSAGES });
  checks.within(firstSampleIndex, 'first_sample_index', BOUNDS.countOrNone);
  const given = [text !== '', tokenIds.length > 0, messages.length > 0].filter(Boolean).length;
  checks.require(given <= 1, 'text', 'only one of text, token_ids and messages may be given');
  if (!isShort) return;
  for (const [index, { role, content }] of messages.entries()) {
    const nested = checks.nested(`messages[${index}]`);
    nested.text(role, 'role', { min: 1, max: 64 });
    nested.text(content, 'content', { max: MAX_TEXT });
  }
}
