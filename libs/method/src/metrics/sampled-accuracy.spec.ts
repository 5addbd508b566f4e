import { expect, it } from 'vitest';
import { sampledAccuracy, type SampledAnswer } from './sampled-accuracy.ts';

const right = (reward?: number): SampledAnswer => ({
  outcome: 'correct',
  answer: '7',
  ...(reward === undefined ? {} : { reward }),
});
const wrong = (answer: string, reward?: number): SampledAnswer => ({
  outcome: 'wrong',
  answer,
  ...(reward === undefined ? {} : { reward }),
});
const same = (a: string, b: string) => Number(a) === Number(b);

it('computes Pass@k without bias, the majority, and the best by reward', () => {
  const questions = [
    [right(0.2), wrong('8', 0.9), { ...right(0.1), answer: '7.0' }],
    [wrong('1', 0.1), wrong('2', 0.2), right(0.9)],
  ];
  const figures = sampledAccuracy(questions, [1, 3], same);
  expect(figures).toEqual({
    'pass@1': expect.closeTo(0.5) as number,
    'maj@1': 0.5,
    'best@1': 0.5,
    'pass@3': 1,
    // 7 twice of three; in the second, every answer once: the first one counts.
    'maj@3': 0.5,
    'best@3': 0.5,
  });
});

it('computes no majority of programs and no best without a verifier', () => {
  const programs = sampledAccuracy([[{ outcome: 'correct' }, { outcome: 'wrong' }]], [2]);
  expect(Object.entries(programs)).toEqual([['pass@2', 1]]);
});

it('lets the first k alone vote and be the best', () => {
  const figures = sampledAccuracy([[wrong('8', 0.1), right(0.9), right(0.8)]], [1], same);
  expect(figures).toMatchObject({ 'maj@1': 0, 'best@1': 0 });
});

it('counts samples without an answer as no vote, and questions without one as wrong', () => {
  const silent: SampledAnswer = { outcome: 'wrong' };
  const trimmed = (a: string, b: string) => a.trim() === b.trim();
  const figures = sampledAccuracy(
    [
      [silent, right()],
      [silent, silent],
    ],
    [2],
    trimmed,
  );
  expect(figures['maj@2']).toBe(0.5);
});

it('has a best of all questions where a verifier rewarded those of some', () => {
  expect(sampledAccuracy([[right(0.5)], [wrong('1')]], [1])['best@1']).toBe(0.5);
});

it('leaves out what is not known, and questions with too few answers', () => {
  const unknown: SampledAnswer = { outcome: 'unknown' };
  expect(
    sampledAccuracy(
      [
        [right(), unknown],
        [wrong('1'), wrong('1')],
      ],
      [2],
      same,
    ),
  ).toEqual({
    'pass@2': 0,
    'maj@2': 0,
  });
  expect(sampledAccuracy([[unknown]], [1], same)).toEqual({});
});

it('takes the first of equally rewarded answers, and any rewarded one before one without', () => {
  const best = (...answers: SampledAnswer[]) =>
    sampledAccuracy([answers], [answers.length])[`best@${answers.length}`];
  expect(best(right(0.5), wrong('8', 0.5))).toBe(1);
  expect(best(wrong('8', 0.5), right(0.5))).toBe(0);
  expect(best(wrong('8'), right(0))).toBe(1);
});
