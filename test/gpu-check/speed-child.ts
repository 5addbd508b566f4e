import '@sipf/inference/without-telemetry';
import { createGenerator, createScorer, describePlacement, type HostOptions } from '@sipf/inference';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomModelFolder } from '../bench/engine/sampling/model-folder.ts';
import { LLAMA_SHAPES, llamaConfig } from '../bench/support/llama-shapes.ts';

/** A program: `speed-child.ts DEVICE` writes what a device does a second with a model of random weights, as JSON, a line each. */
const device = (process.argv[2] ?? 'cpu') as NonNullable<HostOptions['device']>;
const SHAPE = llamaConfig(LLAMA_SHAPES.smol);
const NAME = '135M parameters';
const PROMPTS = 16;
const TOKENS = 128;

function idsOf(count: number, seed: number, vocabSize: number): number[] {
  return Array.from({ length: count }, (_, at) => 3 + ((at * 7919 + seed * 104_729) % (vocabSize - 3)));
}

function say(what: string, tokens: number, started: number): void {
  const perSecond = tokens / ((performance.now() - started) / 1000);
  process.stdout.write(`${JSON.stringify({ what, perSecond })}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'sipf-gpu-check-'));
try {
  const model = await randomModelFolder(folder, 'model', SHAPE);
  const { vocabSize } = SHAPE;
  const prompts = Array.from({ length: PROMPTS }, (_, seed) => idsOf(TOKENS, seed, vocabSize));

  const scorer = await createScorer({ folder: model }, { device });
  const { placement } = scorer.model;
  if (placement !== undefined)
    process.stdout.write(`${JSON.stringify({ what: describePlacement(placement) })}\n`);
  // The first time compiles what it runs.
  for (const round of ['first', 'second']) {
    const started = performance.now();
    for await (const { sum } of scorer.logProbs(prompts.map((ids) => ({ ids, promptLength: 1 }))))
      if (!Number.isFinite(sum)) throw new Error('a score is not a number');
    say(`${NAME}: tokens scored, ${round} time`, PROMPTS * TOKENS, started);
  }
  await scorer.close();

  const generator = await createGenerator({ folder: model }, { device, slots: PROMPTS });
  const sampling = { greedy: true, maxNewTokens: TOKENS, stopTokenIds: [] };
  for (const round of ['first', 'second']) {
    const started = performance.now();
    let tokens = 0;
    for await (const { tokenIds } of generator.generate(
      prompts.map((promptIds) => ({ promptIds, seed: 0, sampling })),
    ))
      tokens += tokenIds.length;
    say(`${NAME}: tokens written greedily, ${PROMPTS} rows, ${round} time`, tokens, started);
  }
  await generator.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
