import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HeadConfig } from '../config/decoder-config.ts';
import { toHuggingFaceConfig } from '../config/to-hugging-face-config.ts';
import { tinyConfig } from '../families/testing/index.ts';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { loadTokenizer } from '../tokenizer/load-tokenizer.ts';
import { createVerifierReader, detectVerifierFormat } from './verifier-formats.ts';

const WORDS = ['q', 'a', 'b', '+', '-', 'ки', 'Step', '1:', '2:', 'Please', '[user]', '[assistant]', '[end]'];
const SPECIAL = ['<pad>', '<s>', '</s>', '<extra_0>'];
const TEMPLATE =
  "{% for m in messages %}{% if m.role != 'system' %}[{{ m.role }}] {{ m.content }} [end] {% endif %}{% endfor %}" +
  '{% if add_generation_prompt %}[assistant] {% endif %}';

/** A tokenizer of whole words, `<extra_0>` found inside of them too. */
function wordTokenizer(words = WORDS) {
  const dir = temporaryFolder();
  const tokens = [...SPECIAL, ...words];
  const tokenizer = {
    added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
  };
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(
    join(dir, 'tokenizer_config.json'),
    JSON.stringify({ bos_token: '<s>', chat_template: TEMPLATE }),
  );
  return { tokenizer: loadTokenizer(dir), textOf: (ids: readonly number[]) => ids.map((id) => tokens[id]) };
}

const classifier: HeadConfig = { kind: 'token-classification', numLabels: 2, features: 'hidden' };
const mlp: HeadConfig = { kind: 'mlp-score', numLabels: 2, features: 'hidden' };

function read(format: Parameters<typeof createVerifierReader>[0], head: HeadConfig, steps = ['a', 'b b']) {
  const { tokenizer, textOf } = wordTokenizer();
  const reader = createVerifierReader(format, { config: tinyConfig({ head }), tokenizer });
  const { ids, promptLength, stepEnds } = reader.encode({ question: 'q', steps });
  return { reader, tokens: textOf(ids).join(' '), promptLength, stepEnds };
}

describe('what a verifier is shown, and where it is read', () => {
  it('TRL: prompt and steps apart, a separator after each, the score at the separator', () => {
    // The words' tokenizer has no line break, so that a separator is not a token here; see the real one below.
    const { tokens, promptLength, stepEnds } = read('trl', classifier);
    expect(tokens).toBe('<s> q a b b');
    expect([promptLength, stepEnds]).toEqual([2, [2, 4]]);
  });

  it('Math-Shepherd: numbered steps, a tag after each, the score at the tag', () => {
    const { tokens, stepEnds, reader } = read('math-shepherd', 'lm', ['a', 'Step 2: b b']);
    expect(tokens).toBe('q Step 1: a ки Step 2: b b ки');
    expect(stepEnds).toEqual([4, 9]);
    expect(reader.head).toMatchObject({ kind: 'token-pair', goodTokenId: 7, badTokenId: 8 });
  });

  it('RLHFlow: a turn a step, the verdicts before it all +, the score before the verdict', () => {
    const { tokens, stepEnds } = read('rlhflow', 'lm');
    expect(tokens).toBe('[user] q a [end] [assistant] + [end] [user] b b [end] [assistant]');
    expect(stepEnds).toEqual([4, 11]);
  });

  it('Qwen2.5-Math-PRM: an answer with a separator token after every step, the score there', () => {
    const { tokens, promptLength, stepEnds } = read('qwen-prm', mlp);
    expect(tokens).toBe('[user] q [end] [assistant] a <extra_0> b b <extra_0> [end]');
    expect([promptLength, stepEnds]).toEqual([4, [5, 8]]);
  });
});

describe('what a format does not take', () => {
  it.each([
    ['math-shepherd', 'lm', ['a ки b', 'b'], 'is there 3 times in a path of 2 steps'],
    ['qwen-prm', mlp, ['a<extra_0>', 'b'], 'is there 3 times in a path of 2 steps'],
    ['trl', classifier, ['a', ' '], 'step 1 has no tokens'],
    ['trl', 'lm', ['a'], 'needs a token-classification head, this model has a lm head'],
    ['qwen-prm', classifier, ['a'], 'needs a mlp-score head'],
  ] as const)('%s with a head %j refuses %j', (format, head, steps, message) => {
    expect(() => read(format, head, [...steps])).toThrow(message);
  });

  it('refuses a tokenizer without the mark', () => {
    const { tokenizer } = wordTokenizer();
    const config = tinyConfig({ head: mlp });
    const foreign = { ...tokenizer, encode: () => [5, 6] };
    expect(() => createVerifierReader('qwen-prm', { config, tokenizer: foreign })).toThrow(
      'no single token for "<extra_0>"',
    );
  });
});

describe('detecting a folder’s format', () => {
  const detected = (head: HeadConfig, changes: object = {}) => {
    const dir = temporaryFolder();
    const config = { ...toHuggingFaceConfig(tinyConfig({ head }), 'float32'), ...changes };
    writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
    return detectVerifierFormat(dir);
  };

  it('knows its own verifiers, TRL’s and Qwen’s', () => {
    expect(detected(classifier)).toBe('sipf');
    expect(detected(classifier, { sipf_verifier_features: undefined })).toBe('trl');
    expect(detected(mlp)).toBe('qwen-prm');
    expect(toHuggingFaceConfig(tinyConfig({ head: mlp }), 'float32')['architectures']).toEqual([
      'LlamaForProcessRewardModel',
    ]);
  });

  it('asks whose verifier a language model is', () => {
    expect(() => detected('lm')).toThrow('name its format: math-shepherd or rlhflow');
  });
});

const QWEN = '../shared/tokenizers/qwen2.5';

describe.skipIf(!existsSync(QWEN))('with a real tokenizer (../shared)', () => {
  it('TRL: every step ends at its line break', () => {
    const tokenizer = loadTokenizer(QWEN);
    const reader = createVerifierReader('trl', { config: tinyConfig({ head: classifier }), tokenizer });
    const { ids, stepEnds } = reader.encode({ question: 'How many?', steps: ['48/2 = 24', '#### 24'] });
    expect(stepEnds.map((end) => tokenizer.decode([ids[end] ?? 0]))).toEqual(['\n', '\n']);
    expect(tokenizer.decode(ids.slice(0, (stepEnds[0] ?? 0) + 1))).toBe('How many?48/2 = 24\n');
  });
});
