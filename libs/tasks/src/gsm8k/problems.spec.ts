import { SipfError } from '@sipf/errors';
import { describe, expect, it } from 'vitest';
import { generateArithmetic } from '../arithmetic/generate.ts';
import { formatGsm8kProblems, parseGsm8kProblems } from './problems.ts';

const line = (row: unknown) => JSON.stringify(row);
const good = line({ question: 'How many?', answer: 'One and two: <<1+2=3>>3.\n#### 3' });

function faults(text: string): string[] {
  try {
    parseGsm8kProblems(text, 'data/train.jsonl');
  } catch (error) {
    if (error instanceof SipfError && error.kind === 'invalid-argument') {
      return error.violations.map(({ field, description }) => `${field}: ${description}`);
    }
    throw error;
  }
  return [];
}

it('reads a problem with and without its solution', () => {
  expect(
    parseGsm8kProblems(
      `${good}\r\n\n${line({ id: 'b', question: 'Q', answer: '#### -1,000' })}`,
      'a/train.jsonl',
    ),
  ).toEqual([
    { id: 'train/1', question: 'How many?', answer: '3', solution: 'One and two: <<1+2=3>>3.' },
    { id: 'b', question: 'Q', answer: '-1,000' },
  ]);
});

it('reads back what it writes', () => {
  const { sft, loop } = generateArithmetic({ seed: 4, sft: 20, loop: 20, test: 0, strong: 0 });
  const problems = [...sft, ...loop];
  expect(parseGsm8kProblems(formatGsm8kProblems(problems), 'x.jsonl')).toEqual(problems);
});

describe('a bad line is named with its file and number', () => {
  it.each([
    ['{"question": ', 'not JSON'],
    ['[1]', 'must be a JSON object'],
    ['null', 'must be a JSON object'],
    [line({ answer: '#### 3' }), 'question is missing'],
    [line({ question: 'Q' }), 'answer is missing'],
    [line({ question: ['Q'], answer: '#### 3' }), 'question must be a string, got object'],
    [line({ question: 'Q', answer: null }), 'answer must be a string, got null'],
    [line({ question: ' ', answer: '#### 3' }), 'question is empty'],
    [line({ question: 'Q', answer: '3' }), 'answer must end with a line "#### <number>"'],
    [line({ question: 'Q', answer: 'x\n#### few' }), 'final answer is not a number: "few"'],
    [line({ id: 7, question: 'Q', answer: '#### 3' }), 'id must be a string, got number'],
  ])('%s', (bad, description) => {
    expect(faults(`${good}\n${bad}\n${good}`)).toEqual([`data/train.jsonl:2: ${description}`]);
  });

  it('two lines with one id', () => {
    const row = line({ id: 'a', question: 'Q', answer: '#### 3' });
    expect(faults(`${row}\n${row}`)).toEqual(['data/train.jsonl:2: id "a" is already that of line 1']);
  });

  it('each fault once with how many more lines have it, up to ten kinds', () => {
    expect(faults('x\n')).toHaveLength(1);
    expect(faults('x\n'.repeat(2))[0]).toContain('(and so in 1 more line)');
    expect(faults('x\n'.repeat(30))).toEqual([expect.stringContaining('(and so in 29 more lines)')]);
    const kinds = Array.from({ length: 30 }, (_, n) =>
      JSON.stringify({ question: 'q', answer: `#### ${'x'.repeat(n + 1)}` }),
    );
    expect(faults(kinds.join('\n'))).toHaveLength(10);
  });

  it('an empty dataset', () => {
    expect(faults('\n\n')).toEqual(['data/train.jsonl:1: the dataset holds no problem']);
  });
});
