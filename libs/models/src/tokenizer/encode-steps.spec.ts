import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encodeSteps, renderPrompt } from './encode-steps.ts';
import { loadTokenizer } from './load-tokenizer.ts';

const shared = (name: string) => fileURLToPath(new URL(`../../../../../shared/${name}`, import.meta.url));

it('puts the question where the template says, whatever it contains', () => {
  expect(renderPrompt('a $& b', 'Q: {question}\nA:')).toBe('Q: a $& b\nA:');
  expect(renderPrompt('x')).toBe('x\n');
});

describe.skipIf(!existsSync(shared('tokenizers')))('with real tokenizers (../shared)', () => {
  const steps = ['48/2 = <<48/2=24>>24', '48+24 = <<48+24=72>>72 Größe 你好\n#### 72\n'];

  it.each(['tokenizers/llama-2', 'tokenizers/qwen2.5', 'models/stories260K'])(
    '%s: the tokens up to a step end decode to the text up to there',
    (name) => {
      const tokenizer = loadTokenizer(shared(name));
      const { ids, promptLength, stepEnds } = encodeSteps(tokenizer, 'How many?\n', steps);
      const text = (end: number) => tokenizer.decode(ids.slice(0, end));
      expect(text(promptLength)).toBe('How many?\n');
      expect(text((stepEnds[0] ?? 0) + 1)).toBe(`How many?\n${steps[0] ?? ''}`);
      expect(text((stepEnds[1] ?? 0) + 1)).toBe(`How many?\n${steps.join('\n').trimEnd()}`);
      expect(stepEnds.at(-1)).toBe(ids.length - 1);
    },
  );

  it('refuses a step that is nothing but a line break', () => {
    const tokenizer = loadTokenizer(shared('tokenizers/qwen2.5'));
    expect(() => encodeSteps(tokenizer, 'q', ['a', '\n'])).toThrow(/step 1 has no tokens/);
  });
});
