import { SipfError } from '@sipf/errors';
import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../task.ts';
import { generateArithmetic } from './generate.ts';
import { harderFamily, sampleStory, standardFamily } from './sample-story.ts';
import { chainOf, solve } from './story.ts';
import { writeQuestion, understand } from './wording.ts';

const data = generateArithmetic({ seed: 'spec', harder: 300, validation: 100 });
const solved = [...data.sft, ...data.test, ...data.strong];
const chains = (problems: readonly Problem[]) =>
  problems.map((problem) => chainOf(understand(problem.question)));
const share = <T>(all: readonly T[], holds: (one: T) => boolean) => all.filter(holds).length / all.length;

describe('the splits', () => {
  it('have the sizes that were asked for', () => {
    const sizes = Object.values(data).map((split: readonly Problem[]) => split.length);
    expect(sizes).toEqual([900, 1500, 1000, 4000, 300, 100]);
  });

  it('repeat bit for bit from a seed and differ between seeds', () => {
    const small = { sft: 30, loop: 30, test: 30, strong: 30, harder: 30 };
    expect(generateArithmetic({ seed: 1, ...small })).toEqual(generateArithmetic({ seed: 1, ...small }));
    expect(generateArithmetic({ seed: 1, ...small })).not.toEqual(generateArithmetic({ seed: 2, ...small }));
  });

  it('never ask one question twice', () => {
    const questions = Object.values(data).flatMap((split: readonly Problem[]) =>
      split.map((p) => p.question),
    );
    expect(new Set(questions).size).toBe(questions.length);
  });

  it('keep the chains of the test, each of them once, out of every other split', () => {
    const test = new Set(chains(data.test));
    expect(test.size).toBe(1000);
    const others = chains([...data.sft, ...data.loop, ...data.strong, ...data.harder]);
    expect([...others, ...chains(data.validation)].filter((chain) => test.has(chain))).toEqual([]);
    const validation = new Set(chains(data.validation));
    expect(others.filter((chain) => validation.has(chain))).toEqual([]);
    // Without the exclusion some would meet: the check above can fail.
    const family = standardFamily;
    const rng = createRng('free');
    const free = Array.from({ length: 900 }, () => chainOf(sampleStory(rng, family)));
    expect(free.some((chain) => test.has(chain))).toBe(true);
  });

  it('give no solution to the questions of the loop', () => {
    expect(data.loop.every((problem) => problem.solution === undefined)).toBe(true);
    expect(solved.every((problem) => problem.solution !== undefined)).toBe(true);
  });

  it('use only longer stories in the out-of-domain split', () => {
    const counts = data.harder.map((problem) => understand(problem.question).events.length);
    expect(new Set(counts)).toEqual(new Set([4]));
  });
});

describe('the properties that make outcome labels noisy', () => {
  it('asks for full boxes in 60 % of the problems', () => {
    expect(share(solved, (p) => understand(p.question).ask.kind === 'boxes')).toBeCloseTo(0.6, 1);
  });

  it('lets a count that is off by one give the right answer in over half of the problems', () => {
    const forgiving = (problem: Problem) => {
      const { ask } = understand(problem.question);
      const count = solve(understand(problem.question)).at(-1)?.left ?? 0;
      if (ask.kind !== 'boxes') return false;
      return [count - 1, count + 1].some((wrong) => String(Math.floor(wrong / ask.size)) === problem.answer);
    };
    expect(share(solved, forgiving)).toBeGreaterThan(0.5);
  });

  it('keeps 2 to 5 steps, every count from 1 to 30, and every length common', () => {
    const lengths = solved.map((problem) => solve(understand(problem.question)).length);
    for (const steps of [2, 3, 4, 5]) expect(share(lengths, (n) => n === steps)).toBeGreaterThan(0.05);
    expect(lengths.every((n) => n >= 2 && n <= 5)).toBe(true);
    const values = solved.flatMap((p) => solve(understand(p.question)).map((operation) => operation.value));
    expect(Math.min(...values)).toBe(1);
    expect(Math.max(...values)).toBe(30);
  });

  it('swaps the operands of a quarter of the sums and products', () => {
    const swaps = solved.flatMap((problem) => {
      const lines = (problem.solution ?? '').split('\n');
      return solve(understand(problem.question)).flatMap(({ left, operator, right }, index) => {
        const isDecisive = (operator === '+' || operator === '*') && left !== right;
        return isDecisive ? [lines[index]?.startsWith(`<<${right}${operator}${left}=`) ?? false] : [];
      });
    });
    expect(share(swaps, (swapped) => swapped)).toBeCloseTo(0.25, 1);
  });
});

describe('the wording', () => {
  it('is parsed back into its story', () => {
    for (const family of [standardFamily, harderFamily]) {
      const rng = createRng(family.events.join());
      for (let index = 0; index < 500; index++) {
        const story = sampleStory(rng, family);
        expect(understand(writeQuestion(story))).toEqual(story);
      }
    }
  });

  it.each([
    'What is 2 + 2?',
    'Ann has 12 pens, eats 5. How many pens now?',
    'Ann has 12 pens, buys 5. How many cups now?',
    'Zoe has 12 pens, buys 5. How many pens now?',
    'Ann has 12 pens, buys 5. How many full boxes?',
    '',
  ])('refuses a question of another form: %s', (question) => {
    expect(() => understand(question)).toThrow(SipfError);
  });
});

it('says which size is not a whole number', () => {
  expect(() => generateArithmetic({ seed: 0, sft: 1.5 })).toThrow('the size of sft must be a whole number');
  expect(() => generateArithmetic({ seed: 0, test: -1 })).toThrow('the size of test');
});
