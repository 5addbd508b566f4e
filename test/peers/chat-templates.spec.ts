import { applyChatTemplate, type ChatMessage } from '@sipf/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';
import { TEMPLATES } from './support/chat-templates.ts';

const CONVERSATIONS: Readonly<Record<string, readonly ChatMessage[]>> = {
  question: [{ role: 'user', content: 'What is 2 + 2?' }],
  turns: [
    { role: 'system', content: 'Be brief. ' },
    { role: 'user', content: ' Hello "there" <b>\\ & \'you\'\n' },
    { role: 'assistant', content: '<think>\nHmm.\n</think>\n\nHi — 你好 🙂' },
    { role: 'user', content: 'And\tnow?\n\n  ' },
  ],
  long: Array.from({ length: 7 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `turn ${index}`,
  })),
  unordered: [
    { role: 'assistant', content: 'I begin.' },
    { role: 'assistant', content: 'And go on.' },
  ],
};

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'add',
      description: 'Adds é & <two> "numbers".',
      parameters: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: ['number', 'null'], default: null } },
        required: ['a'],
      },
    },
  },
];
const VARIABLES: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { tools: TOOLS, enable_thinking: false, documents: [{ title: 'One', text: 'A text.' }], limit: 1.5 },
];
const DAYS = ['2024-07-26', '2030-01-02'];
const SPECIAL = { bos_token: '<s>', eos_token: '</s>' };

const CASES = Object.entries(TEMPLATES).flatMap(([name, template]) =>
  Object.entries(CONVERSATIONS).flatMap(([conversation, messages]) =>
    VARIABLES.flatMap((variables, index) =>
      [false, true].map((addGenerationPrompt) => ({
        title: `${name}, ${conversation}, variables ${index}${addGenerationPrompt ? ', prompt' : ''}`,
        ...{ name, template, messages, variables, addGenerationPrompt },
        ...{ day: DAYS[index] ?? '', specialTokens: SPECIAL },
      })),
    ),
  ),
);

type Outcome = { readonly text: string } | { readonly error: string };

function ours({ template, messages, variables, ...options }: (typeof CASES)[number]): Outcome {
  const chatTemplate = { source: template, specialTokens: SPECIAL };
  try {
    return { text: applyChatTemplate({ chatTemplate }, messages, { ...options, variables }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : '' };
  }
}

describe.skipIf(peersAreAbsent('chat templates (transformers)'))('chat templates', () => {
  let answers: readonly Outcome[] = [];
  beforeAll(() => {
    answers = askPeer(import.meta.url, './chat-templates.py', CASES);
  }, PEER_LIMIT_MS);

  it.each(Object.keys(TEMPLATES))('lay out a conversation as transformers does: %s', (name) => {
    for (const [index, one] of CASES.entries()) {
      if (one.name !== name) continue;
      const theirs = answers[index] ?? { error: 'no answer' };
      const own = ours(one);
      if ('text' in theirs) expect(own, one.title).toEqual(theirs);
      else expect(own, `${one.title}: ${theirs.error}`).toHaveProperty('error');
    }
  });

  it('are asked about texts, days and refusals', () => {
    const texts = answers.filter((answer) => 'text' in answer);
    expect(texts.length).toBeGreaterThan(0.6 * CASES.length);
    expect(texts.length).toBeLessThan(CASES.length);
  });
});
