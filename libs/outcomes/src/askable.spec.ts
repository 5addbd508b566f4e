import { MAX_PROBLEM_ID, REQUEST_ROOM } from '@sipf/contracts';
import { gsm8kTask, type FewShotStyle, type Problem } from '@sipf/tasks';
import { expect, it } from 'vitest';
import { requireAskable } from './askable.ts';

const problemOf = (changes: Partial<Problem>): Problem => ({
  ...{ id: 'a', question: 'q?', answer: '7' },
  ...changes,
});
const zeroShot = { source: 'train.jsonl', style: { kind: 'zero-shot' } } as const;

it('takes what the services take, up to the ends of the bounds', () => {
  const long = problemOf({
    id: 'x'.repeat(MAX_PROBLEM_ID),
    question: 'x'.repeat(REQUEST_ROOM.prompt - 30),
    answer: '7'.repeat(REQUEST_ROOM.answer - 1),
    preamble: 'x',
  });
  expect(() => {
    requireAskable(gsm8kTask, [long, problemOf({})], zeroShot);
  }).not.toThrow();
});

it.each([
  [{ id: 'x'.repeat(MAX_PROBLEM_ID + 1) }, 'its id is longer than 240 characters'],
  [{ id: 'a\ud800' }, 'half of a surrogate pair'],
  [{ question: 'é'.repeat(REQUEST_ROOM.prompt / 2) }, 'as it is asked, has more than 1000000 bytes'],
  [{ answer: '7'.repeat(REQUEST_ROOM.answer), preamble: '7' }, 'its answer or tests have more than'],
])('refuses a problem, and names the file and the first one: case %#', (changes, fault) => {
  const bad = problemOf(changes);
  const ask = () => {
    requireAskable(gsm8kTask, [problemOf({ id: 'b' }), bad], zeroShot);
  };
  expect(ask).toThrow(`train.jsonl: problem ${JSON.stringify(bad.id.slice(0, 64))}: `);
  expect(ask).toThrow(fault);
});

it('refuses an id that two problems have, once with the count', () => {
  const ask = () => {
    requireAskable(gsm8kTask, [problemOf({}), problemOf({}), problemOf({})], zeroShot);
  };
  expect(ask).toThrow(/^train.jsonl: problem "a": another one has its id \(and so of 1 more\)$/);
});

it('refuses worked examples that leave no room, and ends of completions that requests do not take', () => {
  const style = (changes: Partial<FewShotStyle>): FewShotStyle => ({
    ...{ kind: 'few-shot', exemplars: [], questionFormat: 'Q: {question}', stopStrings: ['Q:'] },
    ...changes,
  });
  const ask = (changes: Partial<FewShotStyle>) => () => {
    requireAskable(gsm8kTask, [problemOf({})], { source: 'test.jsonl', style: style(changes) });
  };
  expect(ask({})).not.toThrow();
  const long = { question: 'q?', target: 'x'.repeat(REQUEST_ROOM.prompt) };
  expect(ask({ exemplars: [long] })).toThrow('as it is asked, has more than 1000000 bytes');
  const many = Array.from({ length: 17 }, (_, index) => `stop ${index}`);
  expect(ask({ stopStrings: many })).toThrow('test.jsonl: stop has 17 texts, at most 16 are taken');
  expect(ask({ stopStrings: ['x'.repeat(257)] })).toThrow('stop has a text of more than 256 characters');
});
