import { SipfError } from '@sipf/errors';
import { applyChatTemplate, type ChatMessage } from '../tokenizer/chat-template.ts';
import type { EncodedSteps } from '../tokenizer/encode-steps.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { lastToken } from './marked-path.ts';
import type { PathText, ReaderParts, VerifierReader } from './verifier-format.ts';

/** What the model is shown as its own verdict on every step before the one that is asked about. */
const VERDICT = '+';

/**
 * RLHFlow: a conversation in which the user gives a step (the first one with the question) and the assistant answers `+`
 * or `-`. A step's score is at the last token before the verdict; verdicts before it are all `+`.
 */
export function rlhflowReader({ tokenizer }: ReaderParts): VerifierReader {
  return {
    format: 'rlhflow',
    stepSeparator: VERDICT,
    head: {
      kind: 'token-pair',
      numLabels: 2,
      features: 'hidden',
      goodTokenId: lastToken(tokenizer, VERDICT),
      badTokenId: lastToken(tokenizer, '-'),
    },
    encode: (path) => encodeTurns(tokenizer, path),
  };
}

/** Pieces between verdicts are encoded one by one: each ends, and the next begins, where the template has a token. */
function encodeTurns(tokenizer: Tokenizer, { question, steps }: PathText): EncodedSteps {
  const verdict = lastToken(tokenizer, VERDICT);
  const ids: number[] = [];
  const stepEnds: number[] = [];
  let shown = '';
  for (const prefix of prefixes(tokenizer, question, steps)) {
    if (!prefix.startsWith(shown)) throw refusedTemplate();
    if (stepEnds.length > 0) ids.push(verdict);
    ids.push(...tokenizer.encode(prefix.slice(shown.length), { addSpecialTokens: false }));
    stepEnds.push(ids.length - 1);
    shown = prefix + VERDICT;
  }
  return { ids, promptLength: 0, stepEnds };
}

/** The conversation up to where the verdict on each step is due. */
function* prefixes(tokenizer: Tokenizer, question: string, steps: readonly string[]): Generator<string> {
  const messages: ChatMessage[] = [];
  for (const [index, step] of steps.entries()) {
    messages.push({ role: 'user', content: index === 0 ? `${question} ${step}` : step });
    yield applyChatTemplate(tokenizer, messages, { addGenerationPrompt: true });
    messages.push({ role: 'assistant', content: VERDICT });
  }
}

function refusedTemplate(): SipfError {
  const message = 'the chat template does not write a conversation that continues what it wrote before';
  return new SipfError('failed-precondition', message, { reason: 'CHAT_TEMPLATE_INVALID' });
}
