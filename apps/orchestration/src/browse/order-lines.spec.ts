import { expect, it } from 'vitest';
import { orderLines, questionFilter } from './order-lines.ts';

const all = () => true;

it('leaves the order of the file where none is asked for', () => {
  expect([...orderLines(4, { matches: (line) => line !== 1 })]).toEqual([0, 2, 3]);
});

it('puts larger ranks first, equal ones as in the file, and what has none last', () => {
  const ranks = [0.5, undefined, 0.9, 0.5, -1];
  expect([...orderLines(5, { matches: all, rank: (line) => ranks[line] })]).toEqual([2, 0, 3, 4, 1]);
});

it('finds questions by a part of their text, whatever its case', () => {
  const questions = new Map([
    ['a', { question: 'How many Apples?' }],
    ['b', { question: 'How many pears?' }],
  ]);
  expect(['a', 'b'].filter(questionFilter(' apples ', questions))).toEqual(['a']);
  expect(['a', 'b', 'unknown'].filter(questionFilter('', questions))).toEqual(['a', 'b', 'unknown']);
});
