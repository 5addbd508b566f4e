import { verification } from '@sipf/contracts';
import { digestFolder, initialParameters, type DecoderConfig, type HeadConfig } from '@sipf/models';
import { createRng } from '@sipf/random';
import { createClient } from '@sipf/service';
import type { TinyModel } from '@sipf/serving/testing';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder, writeModel } from '../support/models.ts';
import { startProgram } from '../support/start-program.ts';
import { BYTE_VOCABULARY } from './support/byte-tokenizer.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { startVllm, vllmIsAbsent, VLLM_START_MS } from './support/vllm-server.ts';

const head: HeadConfig = { kind: 'token-classification', numLabels: 2, features: 'hidden' };
/** Of many lengths, so that a server's batches mix them; the last one is too long for the server. */
const rows = Array.from({ length: 40 }, (_, index) => ({
  id: String(index),
  question: `What is ${index} + ${index * index}?`,
  steps: Array.from({ length: 1 + (index % 4) }, (_, step) => `step ${step} of ${'é'.repeat(index % 7)}\n`),
})).concat([{ id: 'long', question: 'x'.repeat(100), steps: ['a\n', 'b'.repeat(60)] }]);

type Scores = readonly verification.RowScore[];

const logOddsOf = (scores: Scores): (readonly number[])[] =>
  scores.map(({ result }) => (result?.$case === 'steps' ? result.value.logOdds : []));

/**
 * Equal but for the rounding of float32, which is of the size of what is added up and not of a small sum: transformers' float32
 * and our engine's are each 2.5e-6 of the largest value from float64 on the first of these models.
 */
function expectNear(found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  expect(found.map((row) => row.length)).toEqual(wanted.map((row) => row.length));
  const largest = Math.max(...wanted.flat().map((value) => Math.abs(value)));
  const apart = wanted.flatMap((row, at) =>
    row.map((value, step) => Math.abs((found[at]?.[step] ?? NaN) - value) / largest),
  );
  expect(Math.max(...apart)).toBeLessThan(1e-5);
}

describe.skipIf(vllmIsAbsent('vLLM under verification'))('verification on a real vLLM that pools', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });

  /** A model with the head of Qwen2.5-Math-PRM, the mark that it reads steps at, and a conversation's template. */
  function qwenPrm(): TinyModel {
    const { config: llama, tokenizer } = tinyLlama({ seed: 'qwen', head, maxLength: 512 });
    const config: DecoderConfig = {
      ...{ ...llama, modelType: 'qwen2', vocabSize: BYTE_VOCABULARY + 1, attentionBias: true },
      ...{ tieWordEmbeddings: false, head: { kind: 'mlp-score', numLabels: 2, features: 'hidden' } },
    };
    const rng = createRng('qwen');
    const parameters = new Map(
      [...initialParameters(config, rng, 0.3)].map(([name, values]) => [
        name,
        name.startsWith('score') ? values.map(() => 0.3 * rng.normal()) : values,
      ]),
    );
    const mark = {
      id: BYTE_VOCABULARY,
      content: '<extra_0>',
      single_word: false,
      lstrip: false,
      rstrip: false,
    };
    const added = [
      ...(tokenizer.tokenizer['added_tokens'] as object[]),
      { ...mark, normalized: false, special: true },
    ];
    const template =
      '{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}';
    return {
      config,
      parameters,
      tokenizer: {
        tokenizer: { ...tokenizer.tokenizer, added_tokens: added },
        config: { ...tokenizer.config, chat_template: template },
      },
    };
  }

  /** The scores of the rows, and the service's Info. */
  async function scoresOf(flags: readonly string[]) {
    await using program = await startProgram('verification', flags);
    using client = createClient(verification.VerificationServiceDefinition, program.address);
    const { scores } = await client.score({ rows });
    return { scores, described: await client.info({}) };
  }

  it(
    'scores as our engine does, row by row, and refuses one row that is too long for the server',
    async () => {
      const model = await writeModel(folder.path, 'verifier', tinyLlama({ seed: 'verifier', head }));
      const digest = await digestFolder(model);
      await using server = await startVllm({
        ...{ runner: 'pooling', model: { folder: model, digest }, maxModelLen: 160 },
      });
      const backend = ['--backend', 'pooling', '--backend-url', `${server.origin}/v1`];
      const own = await scoresOf(['--model', model]);
      const theirs = await scoresOf(['--model', model, ...backend]);
      expect(logOddsOf(own.scores)[40]).toHaveLength(2);
      expect(theirs.scores[40]?.result).toMatchObject({
        $case: 'error',
        value: { message: expect.stringContaining('takes 160') as string },
      });
      expectNear(logOddsOf(theirs.scores).slice(0, 40), logOddsOf(own.scores).slice(0, 40));
      expect(theirs.described.info?.engine).toMatchObject({ kind: 'pooling' });
      expect(theirs.described.verifiers[0]).toMatchObject({ maxSequenceTokens: 160 });
    },
    VLLM_START_MS,
  );

  it(
    'reads the head that Qwen2.5-Math-PRM has at the marks of steps',
    async () => {
      const model = await writeModel(folder.path, 'qwen', qwenPrm());
      // As Qwen publishes it; ours has a name that transformers, which lacks this head, does not open.
      const configFile = join(model, 'config.json');
      const fields = JSON.parse(readFileSync(configFile, 'utf8')) as object;
      writeFileSync(configFile, JSON.stringify({ ...fields, model_type: 'qwen2' }));
      await using server = await startVllm({
        ...{ runner: 'pooling', stepTag: BYTE_VOCABULARY },
        model: { folder: model, digest: await digestFolder(model), name: 'prm' },
      });
      const backend = [
        '--backend',
        'pooling',
        '--backend-url',
        `${server.origin}/v1`,
        '--backend-model',
        'prm',
      ];
      const format = ['--model', model, '--format', 'qwen-prm'];
      const own = await scoresOf(format);
      const theirs = await scoresOf([...format, ...backend]);
      expect(logOddsOf(own.scores).flat().length).toBeGreaterThan(80);
      expectNear(logOddsOf(theirs.scores), logOddsOf(own.scores));
    },
    VLLM_START_MS,
  );
});
