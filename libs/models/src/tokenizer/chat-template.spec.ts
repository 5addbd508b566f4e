import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { writeTinyTokenizer } from '../storage/testing/tiny-model.ts';
import { applyChatTemplate, type ChatMessage, onDay } from './chat-template.ts';
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

  it('takes the template for tools where there are tools, and the last of one name', () => {
    const named = [
      { name: 'default', template: 'first' },
      { name: 'default', template: 'plain' },
      { name: 'tool_use', template: 'with tools' },
    ];
    const tokenizer = withTemplate(named);
    expect(applyChatTemplate(tokenizer, [QUESTION])).toBe('plain');
    expect(applyChatTemplate(tokenizer, [QUESTION], { variables: { tools: [] } })).toBe('with tools');
    expect(withTemplate([{ name: 'rag', template: 'documents' }]).chatTemplate).toBeUndefined();
  });

  it('reads chat_template.jinja as any other file of a model', () => {
    const dir = temporaryFolder();
    writeTinyTokenizer(dir, 2);
    const path = join(dir, 'chat_template.jinja');
    const load = (write: () => void) => () => {
      rmSync(path, { force: true, recursive: true });
      write();
      loadTokenizer(dir);
    };
    const reasonOf = (reason: string) => expect.objectContaining({ reason }) as Error;
    expect(load(() => execFileSync('mkfifo', [path]))).toThrow(reasonOf('MODEL_FILE_NOT_FOUND'));
    expect(
      load(() => {
        symlinkSync('/dev/zero', path);
      }),
    ).toThrow(reasonOf('MODEL_FILE_NOT_FOUND'));
    expect(
      load(() => {
        mkdirSync(path);
      }),
    ).toThrow(reasonOf('MODEL_FILE_NOT_FOUND'));
    expect(
      load(() => {
        writeFileSync(path, 'x'.repeat(5_000_000));
      }),
    ).toThrow(reasonOf('MODEL_FILE_TOO_LARGE'));
    expect(
      load(() => {
        writeFileSync(path, Buffer.from([0xff, 0xfe]));
      }),
    ).toThrow(reasonOf('MODEL_FILE_INVALID'));
  });

  it('gives a template further variables', () => {
    const tokenizer = withTemplate('{{ tools | length }}');
    expect(applyChatTemplate(tokenizer, [], { variables: { tools: [1, 2] } })).toBe('2');
  });

  it('gives templates a day from the settings, never the clock’s', () => {
    const source = "{{ strftime_now('%d %b %Y') if strftime_now is defined else 'no day' }}";
    expect(applyChatTemplate(withTemplate(source), [])).toBe('26 Jul 2024');
    expect(applyChatTemplate(withTemplate(source), [], { day: '2030-01-02' })).toBe('02 Jan 2030');
    const later = onDay(withTemplate(source), '2031-05-06');
    expect(applyChatTemplate(later, [])).toBe('06 May 2031');
    expect(applyChatTemplate(later, [], { day: '2030-01-02' })).toBe('02 Jan 2030');
  });

  it.each(['yesterday', '2024-02-30', '2024-7-26', '26.07.2024', ''])('refuses %j for a day', (day) => {
    const call = () => applyChatTemplate(withTemplate(LOOP), [], { day });
    expect(call).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
  });

  it.each([
    ['a part of nothing', '{{ nobody.role }}'],
    ['the depth of a loop', '{% for one in [1] %}{{ loop.depth }}{% endfor %}'],
    ['a number that is not exact', '{{ 9007199254740993 }}'],
    ['an index into a text of pairs', "{{ '🙂ab'[1] }}"],
    ['a range of a text of pairs', "{{ '🙂ab'[1:] }}"],
    ['a strip of numbers', "{{ 'a'.strip(1) }}"],
  ])('refuses %s', (_, source) => {
    const call = () => applyChatTemplate(withTemplate(source), [QUESTION]);
    expect(call).toThrow(expect.objectContaining({ reason: 'CHAT_TEMPLATE_REFUSED' }));
  });

  it.each([
    ['a tokenizer without one', undefined, 'CHAT_TEMPLATE_MISSING', 'failed-precondition'],
    ['what is not a template', '{% for %}', 'CHAT_TEMPLATE_INVALID', 'failed-precondition'],
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
      'a call of itself without an end',
      '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
      'CHAT_TEMPLATE_REFUSED',
      'invalid-argument',
    ],
    ['a directive of no strftime', "{{ strftime_now('%Q') }}", 'CHAT_TEMPLATE_REFUSED', 'invalid-argument'],
    [
      'a flood',
      `{% for i in range(1500) %}${'x'.repeat(1000)}{% endfor %}`,
      'TEXT_TOO_LONG',
      'invalid-argument',
    ],
  ])('reports %s', (_, source, reason, kind) => {
    const call = () => applyChatTemplate(withTemplate(source), [QUESTION]);
    expect(call).toThrow(expect.objectContaining({ reason, kind }));
  });

  it.each([
    [
      'loops within loops',
      '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}',
    ],
    [
      'loops that say nothing',
      '{% for i in range(9999) %}{% for j in range(9999) %}{% if i == j %}{% endif %}{% endfor %}{% endfor %}',
    ],
    [
      'a text that doubles',
      "{% set ns = namespace(x='xx') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    ],
    [
      'a list that doubles',
      '{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
    ],
    [
      'lists that are kept',
      '{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = ns.x + [range(99999)] %}{% endfor %}',
    ],
    [
      'a text that is replaced by longer ones',
      "{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x | replace('x', 'xxxxxxxx') %}{% endfor %}",
    ],
    [
      'macros that call each other twice',
      '{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}',
    ],
  ])('ends what has no end in sight: %s', (_, source) => {
    const start = performance.now();
    const memory = process.memoryUsage().rss;
    const call = () => applyChatTemplate(withTemplate(source), [QUESTION]);
    expect(call).toThrow(expect.objectContaining({ reason: 'CHAT_TEMPLATE_REFUSED' }));
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(1 << 30);
  });

  it('ends the reading of a template that cannot be taken apart in time', () => {
    const call = () => applyChatTemplate(withTemplate('{#'.repeat(400_000)), [QUESTION]);
    expect(call).toThrow(expect.objectContaining({ reason: 'CHAT_TEMPLATE_INVALID' }));
  });

  it('lays out a long conversation', () => {
    const messages = Array.from({ length: 5_000 }, (_, index) => ({
      role: index % 2 ? 'assistant' : 'user',
      content: 'x '.repeat(90),
    }));
    const source =
      "{% for m in messages %}{% if m.role == 'user' %}<u>{{ m.content | trim }}{% else %}<a>{{ m.content | trim }}{% endif %}{% endfor %}";
    expect(applyChatTemplate(withTemplate(source), messages)).toHaveLength(5_000 * 182);
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
