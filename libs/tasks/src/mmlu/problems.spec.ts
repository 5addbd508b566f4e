import { SipfError } from '@sipf/errors';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseMmluProblems } from './problems.ts';
import { mmluMathTask } from './task.ts';

const header = 'question,choice0,choice1,choice2,choice3,answer';
const csv = (...rows: string[]) => [header, ...rows].join('\n');

it('keeps the questions whose right choice is a plain number', () => {
  const rows = [
    'How many?,5,7,8,"1,395",3',
    '"Two, or\nthree?",2,3,4,5,0',
    'How long?,3 cm,4 cm,5 cm,6 cm,1',
    'Which half?,1/2,-0.5,x,y,1',
    'Which word?,7,none,8,9,1',
    'Which sides?,"2,2,4",1,2,3,0',
  ];
  expect(parseMmluProblems(csv(...rows), 'a.csv')).toEqual([
    { id: 'a/1', question: 'How many?', answer: '1,395' },
    { id: 'a/2', question: 'Two, or\nthree?', answer: '2' },
    { id: 'a/4', question: 'Which half?', answer: '-0.5' },
  ]);
});

it('asks open-ended, as GSM8K does, and compares numbers', () => {
  const [problem] = parseMmluProblems(csv('How many?,5,7,8,"1,395",3'), 'a.csv');
  if (problem === undefined) throw new Error('no problem');
  expect(mmluMathTask.prompt(problem, { kind: 'zero-shot' })).toBe('Question: How many?\nAnswer:\n');
  expect(mmluMathTask.isCorrect(problem, mmluMathTask.extractAnswer('#### 1395', 'strict'))).toBe(true);
});

it.each([
  ['How many?,5,7,8,9,4', 'a.csv: row 1: answer must be 0, 1, 2 or 3, got "4"'],
  ['How many?,5,,8,9,1', 'a.csv: row 1: choice1 is missing'],
  ['How many?,5', 'a.csv: is not CSV'],
])('says what is wrong with %s', (row, message) => {
  expect(() => parseMmluProblems(csv(row), 'a.csv')).toThrow(SipfError);
  expect(() => parseMmluProblems(csv(row), 'a.csv')).toThrow(message);
});

const folder = join(import.meta.dirname, '../../../../../shared/data/mmlu');

it.skipIf(!existsSync(folder))('leaves 353 questions of the three test files', () => {
  const counts = ['college', 'high_school', 'elementary'].map((level) => {
    const file = `${level}_mathematics_test.csv`;
    return parseMmluProblems(readFileSync(join(folder, file), 'utf8'), file).length;
  });
  // The paper has 354: the same rule without a look at the number takes the list "2,2,4" for one.
  expect(counts).toEqual([26, 176, 151]);
});
