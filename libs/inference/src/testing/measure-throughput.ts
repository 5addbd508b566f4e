import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { GenerationRequest } from '../decode/generation-request.ts';
import { createGenerator, type EngineGenerator } from '../decode/generator.ts';
import { RECIPE_POLICY, randomModel } from './random-model.ts';

/**
 * Prints the sampling speed of the bundled task's policy shape with random weights, and how long the main thread's event
 * loop was held up meanwhile: `node libs/inference/src/testing/measure-throughput.ts --workers 2 --slots 128`.
 */
const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1' },
    slots: { type: 'string', default: '64' },
    prompts: { type: 'string', default: '200' },
    n: { type: 'string', default: '8' },
    spread: { type: 'string', default: '9' },
    greedy: { type: 'boolean', default: false },
  },
});
const NEW_TOKENS = 35;

function* requests(seed: number): globalThis.Generator<GenerationRequest, void, undefined> {
  for (let index = 0; index < Number(values.prompts); index++) {
    const length = 20 + (index % Number(values.spread));
    yield {
      promptIds: Array.from({ length }, (_, at) => (index * 7 + at * 3) % RECIPE_POLICY.vocabSize),
      n: Number(values.n),
      seed,
      key: String(index),
      sampling: { greedy: values.greedy, maxNewTokens: NEW_TOKENS },
    };
  }
}

async function countTokens(generator: EngineGenerator, seed: number): Promise<number> {
  let tokens = 0;
  for await (const { tokenIds } of generator.generate(requests(seed))) tokens += tokenIds.length;
  return tokens;
}

const source = randomModel({ ...RECIPE_POLICY, eosTokenIds: [] }, 'throughput');
const generator = await createGenerator(source, {
  slots: Number(values.slots),
  workers: Number(values.workers),
});
await countTokens(generator, 0);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const start = performance.now();
const tokens = await countTokens(generator, 1);
const seconds = (performance.now() - start) / 1000;
delay.disable();
const report = {
  ...values,
  tokens,
  tokensPerSecond: Math.round(tokens / seconds),
  eventLoopDelayMs: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6 },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await generator.close();
