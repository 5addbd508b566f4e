import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configOf, rowOf } from '../testing/reported-runs.ts';
import { datasetColumns } from './dataset-columns.ts';
import { labelRow } from './dataset-rows.ts';
import { modelCard, type CardSubject } from './model-card.ts';

describe('columns of a dataset', () => {
  it('have the type of their values, and none where a row has none', () => {
    const rows = [
      { id: 'a', n: 1, x: 0.5, ok: true, steps: ['s'], p: [1, null], labels: [true], note: null },
      { id: 'b', n: 2, x: 1, ok: false, steps: [], p: [0.5], labels: [] },
    ];
    const columns = datasetColumns(rows);
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'text'],
      ['n', 'integer'],
      ['x', 'number'],
      ['ok', 'boolean'],
      ['steps', 'texts'],
      ['p', 'numbers'],
      ['labels', 'booleans'],
      ['note', 'text'],
    ]);
    expect(columns.at(-1)?.values).toEqual([undefined, undefined]);
  });

  it('are refused where they have no common type', () => {
    expect(() => datasetColumns([{ a: 1 }, { a: 'x' }])).toThrow('the values of a have no common type');
    expect(() => datasetColumns([{ a: { b: 1 } }])).toThrow('no common type');
  });
});

it('says null where a step has no label', () => {
  const labels = [
    { hard: 1, soft: 0.5, rollouts: 8, reachedBy: [0] },
    { hard: undefined, soft: undefined, rollouts: 0, reachedBy: [] },
  ] as const;
  expect(labelRow({ path: '1/0/a', labels })).toEqual({
    ...{ path: '1/0/a', labels: [1, null], soft_labels: [0.5, null], rollouts: [8, 0] },
  });
});

describe('a model card', () => {
  const subject: CardSubject = {
    ...{ run: 'demo', config: configOf(), commit: 'c0ffee', digest: 'sha256:d', isAdapter: false },
    stage: { id: 'align-1', kind: 'align', iteration: 1, counts: { pairs: 144, droppedRows: 0 } },
    rows: [rowOf('SIPF 1', 1, 60, 'sha256:d')],
  };
  const frontMatter = (card: string): unknown => parse(card.split('---\n')[1] ?? '');

  it('has the front matter that the hub reads', () => {
    expect(frontMatter(modelCard(subject))).toMatchObject({
      ...{ license: 'apache-2.0', library_name: 'transformers', pipeline_tag: 'text-generation' },
      'model-index': [{ name: 'demo-align-1', results: [{ metrics: [{ type: 'accuracy', value: 0.6 }] }] }],
    });
  });

  it('says what it was trained on, how, and by which code', () => {
    const card = modelCard(subject);
    expect(card).toContain('- preference pairs (prompt, chosen, rejected): 144\n\n');
    expect(card).toContain('| alignment.lambda | 0.1 |');
    expect(card).not.toContain('sft.epochs');
    expect(card).toContain('- code `c0ffee`');
    expect(card).toContain('| 60.0 % |');
  });

  it('names the base of an adapter, and not where it lies', () => {
    const config = { ...configOf(), policy: { model: '/home/somebody/models/tiny' } };
    const card = modelCard({ ...subject, config, isAdapter: true });
    expect(frontMatter(card)).toMatchObject({
      ...{ base_model: 'tiny', library_name: 'peft', license: 'other' },
    });
    expect(card).not.toContain('/home');
    expect(card).toContain('PeftModel.from_pretrained');
  });

  it('is about scoring for a verifier', () => {
    const stage = {
      id: 'train-verifier-1',
      kind: 'train-verifier',
      iteration: 1,
      counts: { steps: 9 },
    } as const;
    const card = modelCard({ ...subject, stage, rows: [] });
    expect(frontMatter(card)).toMatchObject({ pipeline_tag: 'token-classification' });
    expect(frontMatter(card)).not.toHaveProperty('model-index');
    expect(card).toContain('AutoModelForTokenClassification');
    const { verifier } = configOf();
    const config = {
      ...configOf(),
      verifier: verifier && { ...verifier, head: 'hidden-confidence' as const },
    };
    const ownCard = modelCard({ ...subject, config, stage });
    expect(frontMatter(ownCard)).toMatchObject({ library_name: 'sipf' });
    expect(ownCard).not.toContain('AutoModel');
    expect(ownCard).toContain('score by `sipf score`');
    expect(card).toContain('The run did not evaluate it by itself.');
  });
});
