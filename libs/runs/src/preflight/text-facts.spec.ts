import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkData } from './check-data.ts';
import { Openings } from './openings.ts';
import { textFacts } from './text-facts.ts';

const shared = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
const isHere = existsSync(shared);
if (!isHere) process.stderr.write('skipping lengths of published data: ../shared/data is not here\n');

const humaneval = { name: 'humaneval', data: join(shared, 'humaneval/HumanEval.jsonl.gz') };
const mmlu = ['college', 'high_school', 'elementary'].map((name) =>
  join(shared, `mmlu/${name}_mathematics_test.csv`),
);
const TASKS = {
  gsm8k: [
    { name: 'gsm8k', train: join(shared, 'gsm8k/train.jsonl'), test: join(shared, 'gsm8k/test.jsonl') },
    { name: 'mmlu-math', data: mmlu },
  ],
  mbpp: [{ name: 'mbpp', data: join(shared, 'mbpp/mbpp.jsonl') }, humaneval],
} as const;
const exemplars = join(shared, 'cot-prompts/gsm8k-cot-8shot.json');

describe.skipIf(!isHere)('lengths of the published data', () => {
  it.each(['gsm8k', 'mbpp'] as const)('of %s are the same with its files and without them', async (name) => {
    const [task, outOfDomain] = TASKS[name];
    const evaluation = { maxNewTokens: 8, outOfDomain: [outOfDomain] };
    const config = parseRunConfig({ ...SMALL_RUN, task, evaluation });
    const { opened, faults } = await checkData(config, new Openings());
    expect(faults).toEqual([]);
    const found = textFacts(config, opened, undefined);
    const known = textFacts(config, [], undefined);
    expect(found.how).toContain('problems of the data');
    expect(known.how).toContain('its files are not here');
    // Means are those of 500 problems, spread over the file.
    const means = ({ steps, prompt, solution }: typeof found) => [steps, prompt.mean, solution.mean];
    const apart = means(found).map((value, index) => Math.abs(value / (means(known)[index] ?? 0) - 1));
    expect(Math.max(...apart)).toBeLessThan(0.05);
    // What servers are started for is what the longest text needs.
    expect(known).toMatchObject({
      prompt: { longest: found.prompt.longest },
      solution: { longest: found.solution.longest },
    });
    expect([known.shown, found.shown]).toEqual([undefined, undefined]);
  });

  it('are the same with worked examples: with all files, with those of the examples alone, without any', async () => {
    const [task, outOfDomain] = TASKS.gsm8k;
    const evaluation = { maxNewTokens: 8, validationQuestions: 20, outOfDomain: [outOfDomain] };
    const settings = {
      ...SMALL_RUN,
      method: 'cot',
      policy: { model: 'm' },
      task: { ...task, exemplars },
      evaluation,
    };
    const config = parseRunConfig(settings);
    const { opened, faults } = await checkData(config, new Openings());
    expect(faults).toEqual([]);
    const found = textFacts(config, opened, undefined).shown;
    const ofExamples = opened.filter(({ style }) => style !== undefined);
    const some = textFacts(config, ofExamples, undefined).shown;
    const none = textFacts(config, [], undefined).shown;
    const text = readFileSync(exemplars, 'utf8');
    const { exemplars: eight } = JSON.parse(text) as { exemplars: { question: string; target: string }[] };
    const least = eight.reduce((sum, { question, target }) => sum + question.length + target.length, 0) / 3.3;
    for (const shown of [found, some, none]) {
      expect(shown?.mean).toBeGreaterThan(least);
      expect((shown?.mean ?? 0) / (found?.mean ?? 0)).toBeCloseTo(1, 1);
    }
    expect(none?.longest).toBeGreaterThanOrEqual(found?.longest ?? Infinity);
    expect(some?.longest).toBe(none?.longest);
    // A method that shows none needs no longer server.
    expect(
      textFacts(parseRunConfig({ ...settings, method: 'sft' }), opened, undefined).shown,
    ).toBeUndefined();
  });
});
