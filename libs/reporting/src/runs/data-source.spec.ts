import { parseRunConfig } from '@sipf/contracts';
import type { DataSource } from '@sipf/runs';
import { describe, expect, it } from 'vitest';
import { modelCard } from '../exports/model-card.ts';
import { configOf } from '../testing/reported-runs.ts';
import { dataTitle, testSetTitle } from './data-source.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const bundled = configOf();
const gsm8k = parseRunConfig({
  ...bundled,
  policy: { model: '/somebody/policy' },
  task: { name: 'gsm8k', train: '/somebody/shop/train.jsonl', test: '/somebody/shop/test.jsonl' },
});
const source = (split: string, published?: string): DataSource => ({
  ...{ split, file: `${split}.jsonl`, digest, published },
});
const own = [source('train'), source('test')];
const known = [source('train', 'GSM8K (train)'), source('test', 'GSM8K (test)')];

describe('the title of data', () => {
  it.each([
    ['bundled problems', bundled, undefined, 'arithmetic'],
    ['a published set', gsm8k, known, 'gsm8k'],
    [
      "one's own in its form",
      gsm8k,
      own,
      "own data in GSM8K's form (train.jsonl, sha256:abababababab) and own data in GSM8K's form (test.jsonl, sha256:abababababab)",
    ],
    [
      'a published test after data of its own',
      gsm8k,
      [source('train'), source('test', 'GSM8K (test)')],
      "own data in GSM8K's form (train.jsonl, sha256:abababababab) and GSM8K (test)",
    ],
    ['files of which nothing is known', gsm8k, undefined, "data in GSM8K's form: train.jsonl, test.jsonl"],
  ])('is that of %s', (_, config, sources, title) => {
    expect(dataTitle(config, sources)).toBe(title);
  });

  it('holds for sets out of domain too', () => {
    expect(testSetTitle(gsm8k, 'mmlu-math', [...known, source('mmlu-math', 'MMLU')])).toBe('mmlu-math');
    expect(testSetTitle(gsm8k, 'mmlu-math', [...known, source('mmlu-math')])).toContain(
      "own data in MMLU's form",
    );
    expect(testSetTitle(gsm8k, 'validation', known)).toBe('validation');
  });
});

it('keeps the name of a published set off the card of a model that has seen none of it', () => {
  const subject = {
    ...{ run: 'r', config: gsm8k, commit: '', digest, isAdapter: false },
    stage: { id: 'sft-0', kind: 'sft', iteration: 0, counts: { examples: 3 } } as const,
    rows: [
      { method: 'SFT', iteration: 0, correct: 1, total: 2, accuracy: 0.5, low: 0, high: 1, model: digest },
    ],
  };
  const card = modelCard({ ...subject, sources: own });
  // It is named as a form alone.
  expect(card.replaceAll(/data\s+in\s+GSM8K's\s+form/g, '')).not.toMatch(/gsm8k/i);
  expect(card).toContain("own data in GSM8K's form (train.jsonl");
  expect(card).not.toContain('/somebody');
  expect(modelCard({ ...subject, sources: known })).toContain('datasets:\n  - gsm8k');
});
