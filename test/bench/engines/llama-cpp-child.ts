// llama.cpp (by node-llama-cpp, from the folder that LLAMA_CPP names) as a process of its own, one JSON order a line.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { TextOrder } from './text-side.ts';

/** What is used of the package. */
interface LlamaCpp {
  readonly LlamaLogLevel: { readonly error: string };
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence }>;
    }>;
  }>;
}

interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(ids: readonly number[], options: object): AsyncIterable<number>;
}

const [modelPath = '', threads = '1', sequences = '16', length = '256'] = process.argv.slice(2);
const entry = join(process.env['LLAMA_CPP'] ?? '', 'node_modules/node-llama-cpp/dist/index.js');
const llamaCpp = (await import(pathToFileURL(entry).href)) as LlamaCpp;
const count = Number(sequences);
const llama = await llamaCpp.getLlama({
  ...{ gpu: false, build: 'never', skipDownload: true, progressLogs: false },
  ...{ maxThreads: Number(threads), logLevel: llamaCpp.LlamaLogLevel.error },
});
const model = await llama.loadModel({ modelPath });
// Of one sequence; all of them are computed together.
const context = await model.createContext({
  ...{ sequences: count, contextSize: Number(length), batchSize: 2048, threads: Number(threads) },
});
const free = Array.from({ length: count }, () => context.getSequence());

async function write(sequence: Sequence, prompt: readonly number[], order: TextOrder): Promise<number[]> {
  const ids: number[] = [];
  await sequence.clearHistory();
  const how = order.greedy ? { temperature: 0 } : { temperature: 1, topK: 0, topP: 1, seed: order.seed };
  for await (const id of sequence.evaluate(prompt, { ...how, yieldEogToken: true })) {
    ids.push(id);
    if (ids.length === order.newTokens) break;
  }
  return ids;
}

process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as TextOrder;
  const ids = await Promise.all(
    order.prompts.map((prompt, index) => write(free[index] as Sequence, prompt, order)),
  );
  process.stdout.write(`${JSON.stringify({ ids })}\n`);
}
process.exit(0);
