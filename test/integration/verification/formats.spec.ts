import { verification } from '@sipf/contracts';
import { loadTokenizer, type DecoderConfig, type HeadConfig } from '@sipf/models';
import { parameterShapes } from '@sipf/models';
import { plainLogits } from '@sipf/models/testing';
import { createRng } from '@sipf/random';
import { createClient } from '@sipf/service';
import { bigramModel, wordTokenizer, type TinyModel } from '@sipf/serving/testing';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder, writeModel } from '../../support/models.ts';
import { runProgram, startProgram } from '../../support/start-program.ts';

const WORDS = [
  'q',
  'a',
  'b',
  '+',
  '-',
  'ки',
  'Step',
  '1:',
  '2:',
  '[user]',
  '[assistant]',
  '[end]',
  '<extra_0>',
];
const TOKENS = { bosTokenId: 1, eosTokenIds: [2], padTokenId: 0 };
const idOf = (word: string): number => 3 + WORDS.indexOf(word);
const VOCABULARY = 3 + WORDS.length;
const TEMPLATE =
  '{% for m in messages %}{% if m.role != "system" %}[{{ m.role }}] {{ m.content }} [end] {% endif %}{% endfor %}' +
  '{% if add_generation_prompt %}[assistant] {% endif %}';
const row = { question: 'q', steps: ['a b', 'b'] };
const folder = temporaryFolder();

afterAll(() => {
  folder.remove();
});

function tokenizerFiles(): TinyModel['tokenizer'] {
  const { tokenizer, config } = wordTokenizer(WORDS);
  const separator = { id: idOf('<extra_0>'), content: '<extra_0>', special: true };
  return {
    tokenizer: { ...tokenizer, added_tokens: [...tokenizer.added_tokens, separator] },
    config: { ...config, chat_template: TEMPLATE },
  };
}

/** Scores the row by the service, and says how the service read it. */
async function served(model: string, flags: readonly string[] = []) {
  await using program = await startProgram('verification', ['--model', model, ...flags]);
  using client = createClient(verification.VerificationServiceDefinition, program.address);
  const { scores } = await client.score({ rows: [row] });
  const { verifiers } = await client.info({});
  const result = scores[0]?.result;
  if (result?.$case !== 'steps') throw new Error(`no scores: ${JSON.stringify(result)}`);
  return { probabilities: result.value.probabilities, format: verifiers[0]?.format };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, at) => {
    expect(actual[at]).toBeCloseTo(value, 4);
  });
}

it.each([
  ['math-shepherd', 'ки'],
  ['rlhflow', '[assistant]'],
])(
  '%s: the probability of + against - after the mark, of a model that knows it by heart',
  async (format, mark) => {
    // After the mark: + with 0.6, - with 0.15, something else with 0.25.
    const verdict = new Map([
      [idOf('+'), 0.6],
      [idOf('-'), 0.15],
      [idOf('a'), 0.25],
    ]);
    const model = bigramModel(
      VOCABULARY,
      (token) => (token === idOf(mark) ? verdict : new Map([[idOf('a'), 1]])),
      TOKENS,
    );
    const dir = await writeModel(folder.path, format, { ...model, tokenizer: tokenizerFiles() });
    const { probabilities, format: reported } = await served(dir, ['--format', format]);
    expect(reported).toBe(format);
    expectClose(probabilities, [0.8, 0.8]);
  },
);

/** A random Llama with the head, its weights far from zero. */
function randomModel(head: HeadConfig): TinyModel {
  const { config } = bigramModel(VOCABULARY, () => new Map(), TOKENS);
  const own: DecoderConfig = { ...config, hiddenSize: 16, numAttentionHeads: 2, headDim: 8, head };
  const rng = createRng('format');
  const parameters = new Map(
    [...parameterShapes(own)].map(([name, shape]) => {
      const draws = rng.split(name);
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [name, Float32Array.from({ length: size }, () => 0.5 * draws.normal())] as const;
    }),
  );
  return { config: own, parameters, tokenizer: tokenizerFiles() };
}

/** Hidden states by plain loops: logits under a head that is the identity. */
function plainHidden({ config, parameters }: TinyModel, ids: readonly number[]) {
  const { hiddenSize: D } = config;
  const identity = Float32Array.from({ length: D * D }, (_, at) => Number(at % (D + 1) === 0));
  return plainLogits(config, new Map(parameters).set('lm_head.weight', identity), ids);
}

function affine({ parameters }: TinyModel, name: string, x: readonly number[]): number[] {
  const weight = parameters.get(`${name}.weight`) ?? new Float32Array();
  const bias = parameters.get(`${name}.bias`) ?? new Float32Array();
  return Array.from(bias, (offset, at) =>
    x.reduce((sum, value, d) => sum + value * (weight[at * x.length + d] ?? NaN), offset),
  );
}

const correct = ([wrong = NaN, right = NaN]: readonly number[]): number => 1 / (1 + Math.exp(wrong - right));

it('qwen-prm: two layers at the separator tokens, recognised by config.json alone', async () => {
  const model = randomModel({ kind: 'mlp-score', numLabels: 2, features: 'hidden' });
  const dir = await writeModel(folder.path, 'qwen', model);
  const { probabilities, format } = await served(dir);
  expect(format).toBe('qwen-prm');
  const text = '[user] q [end] [assistant] a b<extra_0>b<extra_0> [end]';
  const ids = loadTokenizer(dir).encode(text, { addSpecialTokens: false });
  const hidden = plainHidden(model, ids);
  const expected = ids.flatMap((id, at) => {
    const inner = affine(model, 'score.0', hidden[at] ?? []).map((value) => Math.max(0, value));
    return id === idOf('<extra_0>') ? [correct(affine(model, 'score.2', inner))] : [];
  });
  expectClose(probabilities, expected);
});

it('trl: a linear head at the separators, recognised by a config.json without our fields', async () => {
  const model = randomModel({ kind: 'token-classification', numLabels: 2, features: 'hidden' });
  // A line break is a word of this tokenizer, so that separators are tokens.
  const dir = await writeModel(folder.path, 'trl', withLineBreaks(model));
  const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...config, sipf_verifier_features: undefined }));
  const { probabilities, format } = await served(dir);
  expect(format).toBe('trl');
  const [a, b, q, line] = [idOf('a'), idOf('b'), idOf('q'), idOf('[end]')];
  const hidden = plainHidden(model, [1, q, a, b, line, b, line]);
  expectClose(
    probabilities,
    [4, 6].map((at) => correct(affine(model, 'score', hidden[at] ?? []))),
  );
});

/** The same model whose word `[end]` is a line break, which the tokenizer does not take for white space. */
function withLineBreaks(model: TinyModel): TinyModel {
  const { tokenizer, config } = model.tokenizer;
  const text = JSON.stringify(tokenizer).replaceAll('[end]', '\\n');
  const changed = {
    ...(JSON.parse(text) as object),
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'Removed', invert: false },
  };
  return { ...model, tokenizer: { tokenizer: changed, config } };
}

it('does not start with a format that the model has no head for', async () => {
  const dir = await writeModel(folder.path, 'plain', randomModel('lm'));
  const asked = await runProgram('verification', ['--model', dir]);
  expect([asked.status, asked.log.includes('name its format')]).toEqual([69, true]);
  const wrong = await runProgram('verification', ['--model', dir, '--format', 'qwen-prm']);
  expect([wrong.status, wrong.log.includes('NOT_A_VERIFIER')]).toEqual([69, true]);
});
