import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { existsSync } from 'node:fs';
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
  });
});
