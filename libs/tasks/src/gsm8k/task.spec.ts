import { SipfError } from '@sipf/errors';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { joinPrefix } from '../steps.ts';
import { parseExemplars } from './exemplars.ts';
import { gsm8kTask } from './task.ts';

const root = join(import.meta.dirname, '../../../..');
const shared = join(root, '../shared/data');
const read = (path: string) => readFileSync(path, 'utf8');

/** Everything that must hold of every problem of a GSM8K file. */
function checkAll(path: string, problemCount: number): void {
  const problems = gsm8kTask.parseProblems(read(path), 'data.jsonl');
  expect(problems).toHaveLength(problemCount);
  for (const problem of problems) {
    const target = gsm8kTask.formatTarget(problem);
    const steps = gsm8kTask.splitSteps(target);
    expect(gsm8kTask.isCorrect(problem, gsm8kTask.extractAnswer(target, 'strict')), problem.id).toBe(true);
    expect(joinPrefix(steps, steps.length), problem.id).toBe(target);
    expect(steps.length, problem.id).toBe(
      problem.solution?.split('\n').filter((text) => text.trim() !== '').length,
    );
  }
}

it('reads, splits and marks right every problem of the sample', () => {
  checkAll(join(root, 'test/fixtures/tasks/gsm8k-sample.jsonl'), 5);
});

it.skipIf(!existsSync(join(shared, 'gsm8k')))('reads, splits and marks right all of GSM8K', () => {
  checkAll(join(shared, 'gsm8k/train.jsonl'), 7473);
  checkAll(join(shared, 'gsm8k/test.jsonl'), 1319);
});

const problem = { id: 'x', question: 'How many?', answer: '1,000' };

describe('prompts', () => {
  it('puts the question alone to a tuned model', () => {
    expect(gsm8kTask.prompt(problem, { kind: 'zero-shot' })).toBe('Question: How many?\nAnswer:\n');
  });

  it('shows exemplars in the form their file gives, whatever signs the texts hold', () => {
    const file = {
      exemplars: [{ question: 'Q$&', target: 'It is $1. The answer is 1.' }],
      doc_to_text: 'Q: {question}\nA:',
      stop: ['Q:'],
    };
    const style = parseExemplars(JSON.stringify(file), 'shots.json');
    expect(gsm8kTask.prompt(problem, style)).toBe(
      'Q: Q$&\nA: It is $1. The answer is 1.\n\nQ: How many?\nA:',
    );
    expect(gsm8kTask.stopStrings(style)).toEqual(['Q:']);
  });

  it.skipIf(!existsSync(join(shared, 'cot-prompts')))(
    "reads Wei et al.'s eight exemplars, answers and all",
    () => {
      const text = read(join(shared, 'cot-prompts/gsm8k-cot-8shot.json'));
      const style = parseExemplars(text, 'gsm8k-cot-8shot.json');
      const answers = style.exemplars.map(({ target }) => gsm8kTask.extractAnswer(target, 'strict'));
      expect(answers).toEqual(['6', '5', '39', '8', '9', '29', '33', '8']);
      expect(gsm8kTask.prompt(problem, style).match(/Q: /g)).toHaveLength(9);
    },
  );
});

it.each([
  ['[]', 'file must be a JSON object'],
  ['{', 'file must be a JSON object'],
  [{ exemplars: [] }, 'exemplars must be a list'],
  [{ exemplars: [{ question: 'Q' }] }, 'exemplars[0] must have a question and a target'],
  [
    { exemplars: [{ question: 'Q', target: 'T' }], doc_to_text: 'Q' },
    'doc_to_text must be a text with {question}',
  ],
  [
    { exemplars: [{ question: 'Q', target: 'T' }], doc_to_text: '{question}', stop: 'Q' },
    'stop must be a list',
  ],
])('says what is wrong with exemplars %j', (file, message) => {
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  expect(() => parseExemplars(text, 'shots.json')).toThrow(`shots.json: ${message}`);
});

it('cannot make a target of a problem without a solution', () => {
  expect(() => gsm8kTask.formatTarget(problem)).toThrow(SipfError);
});

it('counts a missing or unreadable answer as wrong', () => {
  expect(
    ['$1000', undefined, '', 'a thousand', '999'].map((answer) => gsm8kTask.isCorrect(problem, answer)),
  ).toEqual([true, false, false, false, false]);
});
