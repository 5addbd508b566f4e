import { applyChatTemplate } from '../tokenizer/chat-template.ts';
import { foreignTokenizer } from './format-errors.ts';
import { markedPath } from './marked-path.ts';
import type { ReaderParts, VerifierReader } from './verifier-format.ts';

const STEP_TOKEN = '<extra_0>';
/** The system message of Qwen2.5-Math-PRM. */
const SYSTEM = 'Please reason step by step, and put your final answer within \\boxed{}.';

/** Qwen2.5-Math-PRM: a conversation whose answer has a separator token after every step, with the score head read there. */
export function qwenPrmReader({ config: { head }, tokenizer }: ReaderParts): VerifierReader {
  const [id, ...rest] = tokenizer.encode(STEP_TOKEN, { addSpecialTokens: false });
  if (id === undefined || rest.length > 0) throw foreignTokenizer(STEP_TOKEN);
  const encode = (text: string): number[] => tokenizer.encode(text, { addSpecialTokens: false });
  return {
    format: 'qwen-prm',
    stepSeparator: STEP_TOKEN,
    head,
    encode: ({ question, steps }) => {
      const asked = [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: question },
      ];
      const answer = { role: 'assistant', content: steps.map((step) => step + STEP_TOKEN).join('') };
      const prompt = applyChatTemplate(tokenizer, asked, { addGenerationPrompt: true });
      return markedPath(encode(applyChatTemplate(tokenizer, [...asked, answer])), {
        mark: { text: STEP_TOKEN, id },
        steps: steps.length,
        promptLength: encode(prompt).length,
      });
    },
  };
}
