import { createGenerator, type EngineGenerator } from '@sipf/inference';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { interleave, median } from '../../support/interleave.ts';
import { LLAMA_SHAPES, llamaConfig } from '../../support/llama-shapes.ts';
import { table } from '../../support/table.ts';
import { randomModelFolder } from '../sampling/model-folder.ts';

/** Decoding with several steps in a run of the graph, as CUDA is served, beside one step a run: both on the CPU. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, tokens: { type: 'string', default: '64' } },
});
const rounds = Number(values.rounds);
const maxNewTokens = Number(values.tokens);
const STEPS = [1, 4, 16];
const PROMPTS = 16;

async function write(generator: EngineGenerator): Promise<string> {
  const sampling = { maxNewTokens, stopTokenIds: [] };
  const requests = Array.from({ length: PROMPTS }, (_, index) => ({
    promptIds: Array.from({ length: 128 }, (__, at) => 3 + ((7 * index + at) % 50)),
    seed: 'bench',
    key: String(index),
    sampling,
  }));
  const tokens: string[] = [];
  for await (const { requestIndex, tokenIds } of generator.generate(requests))
    tokens[requestIndex] = tokenIds.join();
  return tokens.join(';');
}

async function compare(shape: 'small' | 'smol', folder: string): Promise<string[][]> {
  const generators = await Promise.all(
    STEPS.map((stepsPerRun) => createGenerator({ folder }, { stepsPerRun, slots: PROMPTS })),
  );
  const texts = await Promise.all(generators.map(write));
  if (new Set(texts).size > 1) throw new Error(`${shape}: the sides disagree`);
  const sides = new Map(
    generators.map((generator, at) => [String(STEPS[at]), () => write(generator)] as const),
  );
  const times = await interleave(sides, { rounds, warmUp: 1 });
  await Promise.all(generators.map((generator) => generator.close()));
  const single = median(times.get('1') ?? []);
  return STEPS.map((steps) => {
    const time = median(times.get(String(steps)) ?? []);
    const rate = (1000 * PROMPTS * maxNewTokens) / time;
    return [shape, String(steps), `${rate.toFixed(1)} tokens/s`, `${(time / single).toFixed(2)} x`];
  });
}

const under = mkdtempSync(join(tmpdir(), 'sipf-bench-'));
try {
  const rows: string[][] = [];
  for (const shape of ['small', 'smol'] as const) {
    const folder = await randomModelFolder(under, shape, llamaConfig(LLAMA_SHAPES[shape]));
    rows.push(...(await compare(shape, folder)));
  }
  process.stdout.write(`${table(['shape', 'steps a run', 'rate', 'time / single steps'], rows)}\n`);
} finally {
  rmSync(under, { recursive: true });
}
