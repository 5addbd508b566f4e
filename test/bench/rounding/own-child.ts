// Our engine with weights of one form as a process of its own, one JSON order a line: texts, or log-probabilities of rows.
import { createGenerator, createScorer, WEIGHT_QUANTISATIONS } from '@sipf/inference';
import { createInterface } from 'node:readline';
import type { TextOrder } from '../engines/text-side.ts';
import { writeTexts } from '../support/write-texts.ts';

const [folder = '', wanted = '', threads = '1'] = process.argv.slice(2);
const quantisation = WEIGHT_QUANTISATIONS.find((name) => name === wanted) ?? 'none';
const source = { folder, quantisation };
const options = { threadsPerWorker: Number(threads) };

async function logProbs(rows: readonly (readonly number[])[]): Promise<unknown> {
  const scorer = await createScorer(source, options);
  const found: (readonly number[])[] = [];
  const requests = rows.map((ids) => ({ ids, promptLength: 1 }));
  for await (const { rowIndex, logProbs: own } of scorer.logProbs(requests)) found[rowIndex] = [...own];
  await scorer.close();
  return { logProbs: found };
}

const generator = await createGenerator(source, options);

process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as TextOrder | { readonly rows: readonly (readonly number[])[] };
  const answer = 'rows' in order ? await logProbs(order.rows) : await writeTexts(generator, order);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
