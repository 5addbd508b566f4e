import { describe, expect, it } from 'vitest';
import { comparisonFigure, comparisonMarkdown, comparisonTable } from './comparison-report.ts';
import { matchContests } from './contests.ts';
import { dimensionNames } from './dimensions.ts';
import { judgePrompt } from './judge-prompt.ts';
import { readVerdict, type Preference, type Verdict } from './read-verdict.ts';
import { tallyOf } from './tally.ts';

const all = (preference: Preference): Verdict =>
  Object.fromEntries(dimensionNames.map((name) => [name, preference]));

describe('what a judge answers', () => {
  it.each<{ answer: string; verdict: Verdict }>([
    {
      answer: '{"computational": "1", "concise": 2, "overall": "tie"}',
      verdict: { computational: 'first', concise: 'second', overall: 'tie' },
    },
    {
      answer: 'Let me see {"a": 1}.\n```json\n{"Computational": "Solution 1", "Concise": "2"}\n```',
      verdict: { computational: 'first', concise: 'second' },
    },
    {
      answer: '**Computational**: 1\n- concise: 2\noverall: equal',
      verdict: { computational: 'first', concise: 'second', overall: 'tie' },
    },
    { answer: '{"computational": "the first", "concise": "2"', verdict: { concise: 'second' } },
    { answer: 'I cannot say.', verdict: {} },
  ])('is read from $answer', ({ answer, verdict }) => {
    expect(readVerdict(answer)).toEqual(verdict);
  });

  it('is read in bounded time whatever it is', () => {
    expect(readVerdict('{'.repeat(1e6))).toEqual({});
    expect(readVerdict('a: '.repeat(3e5))).toEqual({});
  });
});

it('asks about every dimension, with nothing about which method is which', () => {
  const prompt = judgePrompt({ question: 'q?', first: 'one', second: 'two' }).map(({ content }) => content);
  const text = prompt.join('\n');
  for (const name of dimensionNames) expect(text).toContain(`- ${name}: `);
  expect(text.indexOf('Solution 1:\none')).toBeLessThan(text.indexOf('Solution 2:\ntwo'));
});

it('asks about questions of which one method at least is right, and the texts differ', () => {
  const answer = (id: string, correct: boolean | undefined, text: string) => ({ id, correct, text });
  const a = [
    answer('won', true, 'x'),
    answer('lost', false, 'x'),
    answer('wrong', false, 'x'),
    answer('same', true, 'x'),
    answer('unjudged', undefined, 'x'),
    answer('alone', true, 'x'),
  ];
  const b = [
    answer('won', false, 'y'),
    answer('lost', true, 'y'),
    answer('wrong', false, 'y'),
    answer('same', true, 'x\n'),
    answer('unjudged', true, 'y'),
    answer('other', true, 'y'),
  ];
  const questions = new Map([...a, ...b].map(({ id }) => [id, `${id}?`]));
  const { asked, ...counts } = matchContests(questions, a, b);
  expect(asked.map(({ id, question }) => [id, question])).toEqual([
    ['won', 'won?'],
    ['lost', 'lost?'],
  ]);
  expect(counts).toEqual({ bothWrong: 1, identical: 1, unmatched: 3 });
});

describe('the tally', () => {
  const judged = [
    { aFirst: all('first'), bFirst: all('second') },
    { aFirst: all('first'), bFirst: all('second') },
    { aFirst: all('second'), bFirst: all('first') },
    { aFirst: all('tie'), bFirst: all('tie') },
    { aFirst: all('first'), bFirst: all('first') },
    { aFirst: all('tie'), bFirst: all('first') },
    { aFirst: { overall: 'first' }, bFirst: undefined },
  ] as const;
  const tally = tallyOf(judged);

  it('counts a win only where both orders agree', () => {
    expect(tally.questions).toBe(7);
    for (const one of tally.dimensions) {
      expect(one).toMatchObject({ ...{ a: 2, b: 1, ties: 1, inconsistent: 2, unread: 1 } });
      expect(one.winRate?.share).toBeCloseTo(2 / 3, 12);
      expect(one.winRate?.low).toBeGreaterThan(0.2);
    }
    expect(tally.firstShare).toBeCloseTo((6 * 6 + 1) / (6 * 9 + 1), 12);
    expect(tallyOf([]).firstShare).toBeUndefined();
  });

  it('is reported as a table, a figure and a text', () => {
    const contests = { asked: [], bothWrong: 4, identical: 2, unmatched: 0 };
    const comparison = { a: 'SIPF', b: 'SIOF', judge: 'j', leftOut: contests, tally };
    expect(comparisonTable(comparison).rows).toHaveLength(6);
    expect(comparisonFigure(comparison)).toContain('SIPF better');
    expect(comparisonMarkdown(comparison)).toContain('| overall | 2 | 1 | 1 | 2 | 1 | 66.7 % |');
    const none = { ...comparison, tally: tallyOf([]) };
    expect(comparisonMarkdown(none) + comparisonFigure(none)).not.toMatch(/NaN|undefined/);
  });
});
