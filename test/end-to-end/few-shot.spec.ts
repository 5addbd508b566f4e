import { BIGRAM_POSITIONS, bigramModel, writeModelFolder } from '@sipf/serving/testing';
import { buildWordTokenizer, specialTokenIds, specialTokens } from '@sipf/tasks';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { callCli, testFolder } from './cli-process.ts';

/** After the exemplars' `A:` the model gives the right answer and asks on; after `Answer:` it gives another. */
const FOLLOWS: Readonly<Record<string, string>> = {
  'A:': ' The answer is 7.',
  ' The answer is 7.': '\n\n',
  '\n\n': 'Q:',
  'Q:': ' The answer is 8.',
  ' The answer is 8.': specialTokens.eos,
  'Answer:\n': '#### 9',
  '#### 9': specialTokens.eos,
};
const EXEMPLARS = {
  doc_to_text: 'Q: {question}\n\nA:',
  stop: ['Q:'],
  exemplars: [{ question: 'What is 1 + 1?', target: 'One and one are two. The answer is 2.' }],
};

async function writePolicy(folder: string): Promise<void> {
  const words = [...Object.values(specialTokens), ...Object.keys(FOLLOWS)];
  const { eos, bos, pad } = specialTokenIds;
  const ids = new Map(words.map((word, id) => [word, id]));
  const next = (token: number) => new Map([[ids.get(FOLLOWS[words[token] ?? ''] ?? '') ?? eos, 1]]);
  const tokens = { bosTokenId: bos, eosTokenIds: [eos], padTokenId: pad };
  const tokenizer = buildWordTokenizer(words, BIGRAM_POSITIONS);
  await writeModelFolder(folder, { ...bigramModel(words.length, next, tokens), tokenizer });
}

interface Outcome {
  readonly method: string;
  readonly seeds: readonly { readonly row: { readonly correct: number; readonly total: number } }[];
}

it('asks for CoT with the worked examples before each question, and for zero-shot CoT without', async () => {
  const folder = testFolder();
  await writePolicy(join(folder, 'policy'));
  const problems = [1, 2, 3].map((n) => ({
    question: `What is ${n} + ${7 - n}?`,
    answer: `<<${n}+${7 - n}=7>>\n#### 7`,
  }));
  const lines = problems.map((problem) => `${JSON.stringify(problem)}\n`).join('');
  for (const name of ['train', 'test']) writeFileSync(join(folder, `${name}.jsonl`), lines);
  writeFileSync(join(folder, 'exemplars.json'), JSON.stringify(EXEMPLARS));
  const config = {
    task: { name: 'gsm8k', train: 'train.jsonl', test: 'test.jsonl', exemplars: 'exemplars.json' },
    policy: { model: 'policy' },
    sampling: { maxNewTokens: 8 },
    evaluation: { maxNewTokens: 8 },
  };
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  const argv = ['experiment', '--config', 'config.yaml', '--methods', 'cot,cot-zero-shot', '--id', 'e'];
  const { status, stderr } = await callCli(folder, argv);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { rows } = JSON.parse(readFileSync(join(folder, 'runs/e/results.json'), 'utf8')) as {
    rows: Outcome[];
  };
  expect(rows.map(({ method, seeds }) => [method, seeds[0]?.row.correct, seeds[0]?.row.total])).toEqual([
    ['CoT', 3, 3],
    ['CoT (zero-shot)', 0, 3],
  ]);
});
