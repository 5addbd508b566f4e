import { createGenerator } from '@sipf/inference';

/** Loads a model folder and prints the first token it writes. */
const [folder = '', threads = '1'] = process.argv.slice(2);
const generator = await createGenerator({ folder }, { threadsPerWorker: Number(threads) });
const promptIds = Array.from({ length: 16 }, (_, at) => 3 + at);
const request = { promptIds, seed: 0, sampling: { greedy: true, maxNewTokens: 1 } };
for await (const { tokenIds } of generator.generate([request])) process.stdout.write(`${String(tokenIds)}\n`);
await generator.close();
