import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { leastOf } from '../storage/testing/least-of.ts';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { applyChatTemplate, type ChatMessage } from './chat-template.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Longest that a server may stand still, in milliseconds. */
const STANDSTILL_MS = 200;

const HOSTILE = '(a|a)*(a|a)*!!';
/** As GPT-2 splits. */
const COMMON = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const CHATML =
  "{% for m in messages %}{% if loop.first and m.role != 'system' %}{{ '<|im_start|>system\nBe brief.<|im_end|>\n' }}{% endif %}" +
  "{{ '<|im_start|>' + m.role + '\n' + m.content | trim + '<|im_end|>\n' }}{% endfor %}";

/** A tokenizer of bytes that splits by this expression. */
function splittingBy(Regex: string, decoder: object | null = null): Tokenizer {
  const dir = temporaryFolder();
  const vocab = Object.fromEntries(Array.from({ length: 512 }, (_, id) => [String.fromCharCode(id), id]));
  const model = { type: 'BPE', vocab, merges: [], unk_token: null };
  const split = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const pre_tokenizer = { type: 'Sequence', pretokenizers: [split, bytes] };
  const content = { added_tokens: [], normalizer: null, pre_tokenizer, post_processor: null, decoder, model };
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(content));
  return loadTokenizer(dir);
}

const laidOut = (source: string, messages: readonly ChatMessage[]): string =>
  applyChatTemplate({ chatTemplate: { source, specialTokens: {} } }, messages);
const message = (content: string, index = 0): ChatMessage => ({
  role: index % 2 === 0 ? 'user' : 'assistant',
  content,
});

/** Longest that the event loop stood still while `work` failed, less what other programs took of it, in milliseconds. */
async function standstill(work: () => unknown, reason: string): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await wait(20);
  const [start, before] = [performance.now(), process.threadCpuUsage()];
  expect(work).toThrow(expect.objectContaining({ reason }) as Error);
  const { user, system } = process.threadCpuUsage(before);
  const share = (user + system) / 1000 / (performance.now() - start);
  await wait(20);
  delay.disable();
  return (delay.max / 1e6) * Math.min(1, share);
}

const hostile: readonly (readonly [string, string, () => () => unknown])[] = [
  [
    'a template whose loops have no end',
    'CHAT_TEMPLATE_REFUSED',
    () => () =>
      laidOut('{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}', [
        message('?'),
      ]),
  ],
  [
    'a template that joins and searches long texts',
    'CHAT_TEMPLATE_REFUSED',
    () => () =>
      laidOut(
        "{% set ns = namespace(x='a') %}{% for i in range(21) %}{% set ns.x = ns.x + ns.x %}{% endfor %}" +
          "{% for i in range(9999) %}{% if (ns.x | upper | lower | trim) == 'b' %}{% endif %}{% endfor %}",
        [message('?')],
      ),
  ],
  [
    'a template that cannot be read',
    'CHAT_TEMPLATE_INVALID',
    () => () => laidOut('{#'.repeat(400_000), [message('?')]),
  ],
  [
    'a tokenizer whose expression backtracks',
    'TOKENIZER_INVALID',
    () => {
      const tokenizer = splittingBy(HOSTILE);
      return () => tokenizer.encode('a'.repeat(60));
    },
  ],
  [
    'a tokenizer whose decoder backtracks',
    'TOKENIZER_INVALID',
    () => {
      const tokenizer = splittingBy('b', {
        type: 'Sequence',
        decoders: [{ type: 'Fuse' }, { type: 'Replace', pattern: { Regex: HOSTILE }, content: 'b' }],
      });
      return () => tokenizer.decode(Array<number>(60).fill(97));
    },
  ],
];

describe('the event loop', () => {
  it.each(hostile)('goes on soon with %s', async (_, reason, prepare) => {
    expect(await leastOf(() => standstill(prepare(), reason))).toBeLessThan(STANDSTILL_MS);
  });

  it('does not cost honest work: a conversation of 200 messages, and a text of a million characters', () => {
    const conversation = Array.from({ length: 200 }, (_, index) =>
      message('A word or two. '.repeat(40), index),
    );
    expect(laidOut(CHATML, conversation).match(/<.im_end.>/g)).toHaveLength(201);
    const text = 'It is 12:30, and all is well.\n'.repeat(35_000).slice(0, 1 << 20);
    expect(splittingBy(COMMON).encode(text)).toHaveLength(text.length);
  });
});
