import { createGraph } from '@sipf/graph';
import { parameterShapes, saveModelFolder, type DecoderConfig, type HostTensor } from '@sipf/models';
import { batchOfIds, EVERY_FAMILY, plainLogits, tinyFamily, tinyParameters } from '@sipf/models/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createGenerator } from '../decode/generator.ts';
import { createScorer } from '../scoring/scorer.ts';
import { collect } from '../testing/collect.ts';
import { graphWeights } from './graph-weights.ts';
import { halfBits, type HalfPrecision } from './half-precision.ts';
import { openModel } from './open-model.ts';

function logProbsOf(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return logits.map((logit) => logit - largest - total);
}

/** What float16 keeps of matrices, and vectors as they are. */
function rounded(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const shapes = parameterShapes(config);
  return new Map(
    [...tensors].map(([name, values]) => {
      const isMatrix = (shapes.get(name)?.length ?? 0) > 1;
      return [name, isMatrix ? Float32Array.from(new Float16Array(values)) : values];
    }),
  );
}

it.each(EVERY_FAMILY)('%s: in float16, the log-probabilities of its rounded matrices', async (family) => {
  const config = tinyFamily(family);
  const tensors = tinyParameters(config);
  const ids = batchOfIds(21, config, 'row');
  const scorer = await createScorer({ config, tensors, precision: 'float16' });
  onTestFinished(() => scorer.close());
  const [scored] = await collect(scorer.logProbs([{ ids, promptLength: 4 }]));
  const wanted = plainLogits(config, rounded(config, tensors), ids).map(logProbsOf);
  expect(scored?.logProbs).toHaveLength(17);
  scored?.logProbs.forEach((value, at) => {
    expect(Math.abs(value - (wanted[at + 3]?.[ids[at + 4] as number] as number))).toBeLessThan(2e-3);
  });
});

it('writes in float16, with several steps a run too, and says so of the model', async () => {
  const config = tinyFamily('llama');
  const source = { config, tensors: tinyParameters(config), precision: 'float16' as const };
  const texts: number[][] = [];
  for (const stepsPerRun of [1, 6]) {
    const generator = await createGenerator(source, { stepsPerRun });
    expect(generator.model.precision).toBe('float16');
    const sampling = { greedy: true, maxNewTokens: 12, stopTokenIds: [] };
    const request = { promptIds: batchOfIds(5, config, 'prompt'), seed: 1, sampling };
    for await (const { tokenIds } of generator.generate([request])) texts.push([...tokenIds]);
    await generator.close();
  }
  expect(texts[0]).toHaveLength(12);
  expect(texts[1]).toEqual(texts[0]);
});

it.each(['float16', 'bfloat16'] as const)(
  'maps the matrices of a %s folder as they lie there',
  async (dtype) => {
    const config = tinyFamily('llama');
    const folder = join(temporaryFolder(), dtype);
    const values = tinyParameters(config);
    const tensors = new Map(
      [...parameterShapes(config)].map(([name, shape]): [string, HostTensor] => [
        name,
        { dtype, shape, data: halfBits(values.get(name) as Float32Array, dtype, name) },
      ]),
    );
    await saveModelFolder(folder, { config, tensors });
    expect(await matricesByPlace(folder, dtype)).toEqual({ mapped: matricesOf(config), read: 0 });
    const other = dtype === 'float16' ? 'bfloat16' : 'float16';
    expect(await matricesByPlace(folder, other)).toEqual({ mapped: 0, read: matricesOf(config) });
  },
);

it('refuses what float16 cannot hold, by its name', () => {
  expect(() => halfBits(Float32Array.of(1, -65504, 70_000), 'float16', 'model.norm.weight')).toThrow(
    /model.norm.weight holds 70000, and float16 ends at 65504: choose the precision bfloat16 or float32/,
  );
  expect([...halfBits(Float32Array.of(1, 70_000, Infinity), 'bfloat16', 'w')]).toEqual([
    0x3f80, 0x4789, 0x7f80,
  ]);
  // Between two neighbours the even one; NaN stays one.
  const halfway = new Float32Array(Uint32Array.of(0x3f808000, 0x3f818000, 0x7f800001).buffer);
  expect([...halfBits(halfway, 'bfloat16', 'w')]).toEqual([0x3f80, 0x3f82, 0x7fc0]);
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-half-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

function matricesOf(config: DecoderConfig): number {
  return [...parameterShapes(config).values()].filter((shape) => shape.length > 1).length;
}

/** How many of a model's matrices its graph finds in the folder's file, and how many were read. */
async function matricesByPlace(
  folder: string,
  precision: HalfPrecision,
): Promise<{ mapped: number; read: number }> {
  const model = await openModel({ folder, precision });
  onTestFinished(() => {
    model.close();
  });
  const graph = createGraph('weights');
  const { parameters } = graphWeights(graph, model);
  for (const [name, shape] of parameterShapes(model.config)) parameters.parameter(name, shape);
  const matrices = [...graph.initializers.values()].filter(({ value }) => value.dtype === precision);
  const isMapped = (content: (typeof matrices)[number]['content']): boolean =>
    'location' in content && content.location.endsWith('.safetensors');
  const mapped = matrices.filter(({ content }) => isMapped(content)).length;
  return { mapped, read: matrices.length - mapped };
}
