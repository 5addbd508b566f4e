// Our engine as a process of its own, one JSON order a line: texts (n 1) or scores, see text-side.ts and score-side.ts.
import { createGenerator, createScorer, type StepScoreRequest } from '@sipf/inference';
import { createInterface } from 'node:readline';
import { computingOf, ON_CPU } from '../support/computing.ts';
import { writeTexts } from '../support/write-texts.ts';
import type { ScoreOrder } from './score-side.ts';
import type { TextOrder } from './text-side.ts';

const [kind = '', folder = '', threads = '1', ...computing] = process.argv.slice(2);
const [device = ON_CPU.device, precision = ON_CPU.precision, adapter] = computing;
const on = computingOf({ device, precision });
const source = { folder, precision: on.precision };
const options = { threadsPerWorker: Number(threads), device: on.device };

async function textAnswers(): Promise<(order: TextOrder) => Promise<unknown>> {
  const base = await createGenerator(source, options);
  const generator = adapter === undefined ? base : await base.attach(adapter);
  return (order) => writeTexts(generator, order);
}

async function scoreAnswers(): Promise<(order: ScoreOrder) => Promise<unknown>> {
  const scorer = await createScorer(source, options);
  return async ({ rows, prompts, ends }) => {
    const requests: StepScoreRequest[] = rows.map((ids, row) => ({
      ...{ ids, promptLength: prompts[row] ?? 0, stepEndPositions: ends[row] ?? [] },
    }));
    const scores: (readonly number[])[] = [];
    for await (const { rowIndex, probabilities } of scorer.scoreSteps(requests))
      scores[rowIndex] = probabilities;
    return { scores };
  };
}

const answer = await (kind === 'score' ? scoreAnswers() : textAnswers());
process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as TextOrder & ScoreOrder))}\n`);
process.exit(0);
