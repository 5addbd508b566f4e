import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { writeTinyTokenizer } from '../storage/testing/tiny-model.ts';
import { applyChatTemplate, type ChatMessage } from './chat-template.ts';
import { loadTokenizer } from './load-tokenizer.ts';

/** Real tokenizers; they are not part of the project. */
const SHARED = '../shared/tokenizers';

const QUESTION: ChatMessage = { role: 'user', content: 'What is 2 + 2?' };
const CONVERSATION: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  QUESTION,
  { role: 'assistant', content: '4' },
  { role: 'user', content: 'Sure? 你好 {{ bos_token }}' },
];

const LOOP = '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}';

/** A tokenizer whose tokenizer_config.json has further fields, and chat_template.jinja this content. */
function tokenizerWith(fields: object, file?: string) {
  const dir = temporaryFolder();
  writeTinyTokenizer(dir, 2);
  writeFileSync(join(dir, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<s>', ...fields }));
  if (file !== undefined) writeFileSync(join(dir, 'chat_template.jinja'), file);
  return loadTokenizer(dir);
}

const withTemplate = (chat_template: unknown) => tokenizerWith({ chat_template });

describe('applyChatTemplate', () => {
  it('writes messages with the special tokens, and the answer’s beginning where it is asked for', () => {
    const source = `{{ bos_token }}${LOOP}{% if add_generation_prompt %}[assistant]{% endif %}`;
    const tokenizer = withTemplate(source);
    expect(applyChatTemplate(tokenizer, [QUESTION])).toBe('<s>[user]What is 2 + 2?');
    expect(applyChatTemplate(tokenizer, [QUESTION], { addGenerationPrompt: true })).toBe(
      '<s>[user]What is 2 + 2?[assistant]',
    );
  });

  it('never reads what a message contains as a template', () => {
    const content = '{{ bos_token }}{% if x %}';
    expect(applyChatTemplate(withTemplate(LOOP), [{ role: 'user', content }])).toBe(`[user]${content}`);
  });

  it('takes the default one of several templates, and chat_template.jinja before all of them', () => {
    const named = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: LOOP },
    ];
    expect(applyChatTemplate(withTemplate(named), [QUESTION])).toContain('[user]');
    const overridden = tokenizerWith({ chat_template: LOOP }, 'from the file');
    expect(applyChatTemplate(overridden, [QUESTION])).toBe('from the file');
  });

  it('gives a template further variables, and the date only where there is one', () => {
    const source =
      "{{ tools | length }}{{ strftime_now('%d %b %Y') if strftime_now is defined else 'no day' }}";
    const now = new Date(Date.UTC(2024, 6, 5));
    const tokenizer = withTemplate(source);
    expect(applyChatTemplate(tokenizer, [], { variables: { tools: [1, 2] }, now })).toBe('205 Jul 2024');
    expect(applyChatTemplate(tokenizer, [], { variables: { tools: [] } })).toBe('0no day');
  });

  it.each([
    ['a tokenizer without one', undefined, 'CHAT_TEMPLATE_MISSING', 'failed-precondition'],
    ['what is no template', '{% for %}', 'CHAT_TEMPLATE_INVALID', 'failed-precondition'],
    [
      'a refusal',
      "{{ raise_exception('roles must alternate') }}",
      'CHAT_TEMPLATE_REFUSED',
      'invalid-argument',
    ],
    [
      'an endless count',
      '{% for i in range(10000000000) %}x{% endfor %}',
      'CHAT_TEMPLATE_REFUSED',
      'invalid-argument',
    ],
    [
      'a flood',
      `{% for i in range(90000) %}${'x'.repeat(20)}{% endfor %}`,
      'TEXT_TOO_LONG',
      'invalid-argument',
    ],
  ])('reports %s', (_, source, reason, kind) => {
    const call = () => applyChatTemplate(withTemplate(source), [QUESTION]);
    expect(call).toThrow(expect.objectContaining({ reason, kind }));
  });

  it('says what the template said when it refused', () => {
    const tokenizer = withTemplate("{{ raise_exception('roles must alternate') }}");
    expect(() => applyChatTemplate(tokenizer, [QUESTION])).toThrow(/roles must alternate/);
  });
});

describe.skipIf(!existsSync(SHARED))('chat templates of real tokenizers (../shared)', () => {
  it('writes a conversation as Qwen 2.5 reads it', () => {
    const tokenizer = loadTokenizer(`${SHARED}/qwen2.5`);
    const text = applyChatTemplate(tokenizer, CONVERSATION, { addGenerationPrompt: true });
    const turns = CONVERSATION.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
    expect(text).toBe(`${turns.join('')}<|im_start|>assistant\n`);
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    expect(ids.filter((id) => id === tokenizer.encode('<|im_start|>')[0])).toHaveLength(5);
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(text);
  });

  it('adds the system message that Qwen 2.5 has where there is none', () => {
    const text = applyChatTemplate(loadTokenizer(`${SHARED}/qwen2.5`), [QUESTION]);
    expect(text).toBe(
      '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n' +
        '<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n',
    );
  });

  it('writes a conversation as deepseek-coder reads it', () => {
    const tokenizer = loadTokenizer(`${SHARED}/deepseek-coder`);
    const messages = CONVERSATION.slice(0, 3);
    expect(applyChatTemplate(tokenizer, messages, { addGenerationPrompt: true })).toBe(
      '<｜begin▁of▁sentence｜>Be brief.### Instruction:\nWhat is 2 + 2?\n### Response:\n4\n<|EOT|>\n### Response:\n',
    );
  });
});
