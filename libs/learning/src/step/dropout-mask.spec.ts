import { createGraph } from '@sipf/graph';
import { openGraph } from '@sipf/graph/testing';
import { describe, expect, it } from 'vitest';
import { dropoutMasks } from './dropout-mask.ts';
import { STEP_NAMES } from './tensor-spec.ts';

const ROWS = 200;
const COLUMNS = 50;

async function masks(seeds: readonly number[], modules: readonly string[]) {
  const graph = createGraph('dropout');
  const x = graph.input('x', 'float32', ['N', COLUMNS]);
  const mask = dropoutMasks(graph, 0.25);
  for (const module of modules) graph.output(module, mask(module, x));
  const runner = await openGraph(graph);
  const shape = [ROWS, COLUMNS];
  const results: (readonly number[])[] = [];
  for (const seed of seeds) {
    const outputs = await runner.run({
      x: { shape, data: new Float32Array(ROWS * COLUMNS) },
      [STEP_NAMES.dropoutSeed]: seed,
    });
    results.push(...modules.map((module) => outputs[module]?.data ?? []));
  }
  await runner.release();
  return results;
}

/** Share of elements that are 0. */
const rate = (mask: readonly number[]) => mask.filter((value) => value === 0).length / mask.length;

/** Correlation of which elements are dropped. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const both = a.filter((value, index) => value === 0 && b[index] === 0).length / a.length;
  return (both - rate(a) * rate(b)) / Math.sqrt(rate(a) * (1 - rate(a)) * rate(b) * (1 - rate(b)));
}

describe('dropoutMasks', () => {
  it('drops the given share of every row and column, and scales the rest', async () => {
    const [mask = []] = await masks([7], ['q_proj']);
    expect([...new Set(mask)].sort()).toEqual([0, Math.fround(1 / 0.75)]);
    expect(rate(mask)).toBeCloseTo(0.25, 1);
    for (let row = 0; row < ROWS; row++)
      expect(rate(mask.slice(row * COLUMNS, (row + 1) * COLUMNS))).toBeLessThan(0.6);
    for (let column = 0; column < COLUMNS; column++) {
      expect(Math.abs(rate(mask.filter((_, index) => index % COLUMNS === column)) - 0.25)).toBeLessThan(0.15);
    }
  });

  it('differs between seeds, modules, and neighbouring rows and columns', async () => {
    const [a = [], b = [], c = []] = await masks([7, 8], ['q_proj', 'v_proj']);
    for (const [left, right] of [
      [a, b],
      [a, c],
      [a.slice(COLUMNS), a.slice(0, -COLUMNS)],
      [a.slice(1), a.slice(0, -1)],
    ] as const) {
      expect(Math.abs(correlation(left, right))).toBeLessThan(0.05);
    }
  });
});
