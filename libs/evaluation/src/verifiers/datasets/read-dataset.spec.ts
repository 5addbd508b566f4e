import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LabelledPath } from '../labelled-path.ts';
import { readDataset } from './read-dataset.ts';
import { toStepwise } from './stepwise.ts';
import { datasetWriters } from './write-dataset.ts';

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

describe('formats', () => {
  it('reads stepwise rows, including unlabelled steps', () => {
    const row = { prompt: 'q', completions: ['a', 'b'], labels: [true, null], outcome: false, answer: '4' };
    const path = { question: 'q', steps: ['a', 'b'], labels: [true, undefined], outcome: false, answer: '4' };
    expect(readDataset(lines(row), 'd')).toEqual([path]);
  });

  it('reads what it writes', () => {
    const words = fc.string({ minLength: 1 }).filter((word) => word.trim() !== '');
    const step = fc.tuple(words, fc.constantFrom(true, false, undefined));
    const paths = fc.record(
      { id: fc.string(), question: words, steps: fc.array(step, { minLength: 1 }), outcome: fc.boolean() },
      { requiredKeys: ['question', 'steps'] },
    );
    fc.assert(
      fc.property(paths, ({ steps, ...rest }) => {
        const path = { ...rest, steps: steps.map(([text]) => text), labels: steps.map(([, label]) => label) };
        expect(readDataset(JSON.stringify(toStepwise(path)), 'd')).toEqual([path]);
      }),
    );
  });

  it.each(['stepwise', 'math-shepherd', 'prm800k'] as const)(
    'writes %s so that it is read again',
    (format) => {
      const path: LabelledPath = {
        question: 'Why 1+1?',
        steps: ['Step 1: 1+1=2', 'so 3', 'The answer is: 3'],
        labels: [true, false, format === 'math-shepherd' ? false : undefined],
      };
      const numbered = ['Step 1: 1+1=2', 'Step 2: so 3', 'Step 3: The answer is: 3'];
      const row = datasetWriters[format](path);
      const steps = format === 'math-shepherd' ? numbered : path.steps;
      expect(readDataset(lines(row), 'd')).toEqual([{ ...path, steps }]);
    },
  );

  it.each([
    { question: 'q', steps: ['a'], labels: [undefined] },
    { question: 'q', steps: ['a ки b'], labels: [true] },
    { question: 'Step 1: q', steps: ['a'], labels: [true] },
  ])('writes no row of Math-Shepherd that would say something else: %j', (path) => {
    expect(() => datasetWriters['math-shepherd'](path)).toThrow('math-shepherd cannot say this path');
  });

  it('reads ProcessBench: right up to the first wrong step, and nothing after it', () => {
    const row = { id: 'x', problem: 'q', steps: ['a', 'b', 'c'], label: 1, final_answer_correct: false };
    const [wrong, right] = readDataset(JSON.stringify([row, { ...row, label: -1 }]), 'd.json');
    expect(wrong?.labels).toEqual([true, false, undefined]);
    expect(right?.labels).toEqual([true, true, true]);
    expect(wrong?.outcome).toBe(false);
  });

  it('reads Math-Shepherd: question, steps and verdicts out of two texts', () => {
    const row = {
      input: 'Why 1+1? Step 1: 1+1=2 ки\nStep 2: so - 2 ки',
      label: 'Why 1+1? Step 1: 1+1=2 +\nStep 2: so - 2 -',
    };
    expect(readDataset(lines(row), 'd')).toEqual([
      { question: 'Why 1+1?', steps: ['Step 1: 1+1=2', 'Step 2: so - 2'], labels: [true, false] },
    ]);
  });

  it('reads PRM800K: the way that was gone, and every alternative once', () => {
    const rated = (text: string, rating: number | null) => ({ text, rating });
    const steps = [
      { completions: [rated('a', 1)], human_completion: null, chosen_completion: 0 },
      { completions: [rated('b', -1), rated('c', 0)], human_completion: null, chosen_completion: 1 },
      { completions: [rated('d', -1)], human_completion: rated('e', null), chosen_completion: null },
    ];
    const paths = readDataset(lines({ question: { problem: 'q' }, label: { steps } }), 'd');
    expect(paths.map((path) => [path.steps.join(''), path.labels])).toEqual([
      ['ace', [true, true, undefined]],
      ['ab', [undefined, false]],
      ['acd', [undefined, undefined, false]],
    ]);
  });
});

describe('errors', () => {
  const good = { prompt: 'q', completions: ['a'], labels: [true] };
  it.each([
    [`${lines(good)}\n{"prompt"`, 'd.jsonl:2: is not JSON'],
    [
      lines(good, { prompt: 'q', completions: ['a', 'b'], labels: [true] }),
      'd.jsonl:2: labels: must be as many',
    ],
    [
      lines({ prompt: ' ', completions: ['a'], labels: [2] }),
      'd.jsonl:1: prompt: must not be empty; labels.0: ',
    ],
    [
      lines({ a: 1 }),
      'd.jsonl:1: is not a row of a known format (stepwise, processbench, math-shepherd, prm800k)',
    ],
    [JSON.stringify([good, 3]), 'd.jsonl[1]: is not a row of a known format'],
    [
      JSON.stringify([{ id: 'x', problem: 'q', steps: ['a'], label: 1, final_answer_correct: true }]),
      'd.jsonl[0]: label: must be one of the steps',
    ],
    [
      lines({ input: 'q Step 1: a ки', label: 'q Step 1: b +' }),
      'd.jsonl:1: label: is not input with + or - after step 1',
    ],
    [lines({ input: 'q', label: 'q' }), 'd.jsonl:1: input: has no step tag ки'],
    [lines({ input: 'Step 1: a ки', label: 'Step 1: a +' }), 'd.jsonl:1: input: has no question'],
    ['\n', 'd.jsonl: has no rows'],
  ])('names the location in %j', (text, message) => {
    expect(() => readDataset(text, 'd.jsonl')).toThrow(message);
  });
});

const SHARED = '../shared/data';

describe.skipIf(!existsSync(SHARED))('published files (../shared)', () => {
  const read = (name: string) => readDataset(readFileSync(`${SHARED}/${name}`, 'utf8'), name);
  const counts = (name: string) => {
    const paths = read(name);
    const labels = paths.flatMap((path) => path.labels);
    return [
      paths.length,
      labels.filter((label) => label === true).length,
      labels.filter((label) => label === false).length,
    ];
  };

  it('reads all of them', () => {
    expect(counts('processbench/gsm8k.json')[0]).toBe(400);
    expect(counts('openr/samples_math-shepherd.jsonl')[0]).toBe(7);
    const [paths, right, wrong] = counts('openr/samples_prm800k.jsonl');
    expect(paths).toBeGreaterThan(6);
    expect([right, wrong].every((count) => (count ?? 0) > 0)).toBe(true);
  });

  it('finds as many right paths in ProcessBench as its authors', () => {
    const right = read('processbench/gsm8k.json').filter(({ labels }) =>
      labels.every((label) => label === true),
    );
    expect(right).toHaveLength(193);
  });
});
