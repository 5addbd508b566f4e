import { expect, it } from 'vitest';
import { formatCodeProblems } from '../code/problems.ts';
import { generatePrograms } from './generate.ts';
import { operations, reductions } from './operations.ts';
import { describePipeline, runPipeline, writePipeline } from './pipeline.ts';
import { programsTask } from './task.ts';

const sizes = { sft: 60, loop: 40, test: 50, strong: 80 };

it('makes the same problems from the same seed, and others from another', () => {
  expect(generatePrograms({ seed: 1, ...sizes })).toEqual(generatePrograms({ seed: 1, ...sizes }));
  expect(generatePrograms({ seed: 2, ...sizes }).sft).not.toEqual(
    generatePrograms({ seed: 1, ...sizes }).sft,
  );
});

it('does not let the size of one split change another', () => {
  expect(generatePrograms({ seed: 1, ...sizes, strong: 0 }).test).toEqual(
    generatePrograms({ seed: 1, ...sizes }).test,
  );
});

it('asks no question twice, and gives the loop no programs', () => {
  const { sft, loop, test, strong } = generatePrograms({ seed: 3, ...sizes });
  const questions = [...sft, ...loop, ...test, ...strong].map(({ question }) => question);
  expect(new Set(questions).size).toBe(230);
  expect(loop.every(({ solution }) => solution === undefined)).toBe(true);
});

it('makes longer programs out of domain, and questions apart to choose settings by', () => {
  const { harder, validation, sft } = generatePrograms({ seed: 3, ...sizes, harder: 20, validation: 10 });
  const lines = (solution = '') => solution.split('\n').filter((line) => line.startsWith('    xs =')).length;
  expect(harder.map(({ solution }) => lines(solution)).every((count) => count === 4 || count === 5)).toBe(
    true,
  );
  expect(Math.max(...sft.map(({ solution }) => lines(solution)))).toBe(3);
  const questions = [...harder, ...validation, ...sft].map(({ question }) => question);
  expect(new Set(questions).size).toBe(90);
});

it('the question, the program and its tests agree', () => {
  const times = operations.find((operation) => operation.phrase(2) === 'numbers times 2');
  const first = operations.find((operation) => operation.phrase(2) === 'first 2');
  const largest = reductions.find(({ phrase }) => phrase === 'largest');
  if (times === undefined || first === undefined || largest === undefined) throw new Error('missing');
  const stages = [
    { operation: first, k: 3 },
    { operation: times, k: 2 },
  ];
  const pipeline = { stages, reduction: largest, tail: { over: 7, by: 4 } };
  expect(describePipeline(pipeline)).toBe(
    'Return the largest of the numbers times 2 of the first 3 of xs, less 4 if over 7.',
  );
  expect(programsTask.splitSteps(writePipeline(pipeline)).map(({ text }) => text)).toEqual([
    'def f(xs):\n    xs = xs[:3]\n',
    '    xs = [v * 2 for v in xs]\n',
    '    n = max(xs)\n',
    '    if n > 7:\n        n = n - 4\n',
    '    return n\n',
  ]);
  expect(runPipeline(pipeline, [1, 2, 3, 9])).toBe(6);
  expect(runPipeline(pipeline, [4])).toBe(4);
  expect(runPipeline(pipeline, [])).toBeUndefined();
});

it('reads back what it writes', () => {
  const { sft } = generatePrograms({ seed: 4, ...sizes });
  expect(programsTask.parseProblems(formatCodeProblems(sft), 'sft.jsonl')).toEqual(sft);
});

it.each([1.5, -1])('refuses a size of %d', (sft) => {
  expect(() => generatePrograms({ seed: 1, sft })).toThrow('the size of sft must be a whole number');
});
