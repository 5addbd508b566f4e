import { openSafetensors } from '@sipf/models';
import { batchOfIds, EVERY_FAMILY, plainLogits, tinyFamily, tinyParameters } from '@sipf/models/testing';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGenerator, type EngineGenerator } from './decode/generator.ts';
import { createScorer, type Scorer, type ScorerHost } from './scoring/scorer.ts';
import { collect } from './testing/collect.ts';
import type { ModelSource } from './weights/model-source.ts';

/** Models that transformers and peft made; they are not part of the project. */
const REFERENCE = '../shared/reference/models';

const NEW_TOKENS = 24;

/** A generator for as long as `use` runs. */
async function withGenerator<T>(
  source: ModelSource,
  use: (generator: EngineGenerator) => Promise<T>,
): Promise<T> {
  const generator = await createGenerator(source, { slots: 4 });
  try {
    return await use(generator);
  } finally {
    await generator.close();
  }
}

/** A scorer for as long as `use` runs. */
async function withScorer<T>(source: ModelSource, use: (scorer: ScorerHost) => Promise<T>): Promise<T> {
  const scorer = await createScorer(source);
  try {
    return await use(scorer);
  } finally {
    await scorer.close();
  }
}

async function writeGreedily(generator: EngineGenerator, prompts: readonly (readonly number[])[]) {
  const sampling = { greedy: true, maxNewTokens: NEW_TOKENS, stopTokenIds: [] };
  const requests = prompts.map((promptIds) => ({ promptIds, seed: 0, sampling }));
  const samples = await collect(generator.generate(requests));
  return samples.sort((a, b) => a.requestIndex - b.requestIndex);
}

function logProbsOf(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return logits.map((logit) => logit - largest - total);
}

describe.each(EVERY_FAMILY)('%s', (modelType) => {
  const config = tinyFamily(modelType);
  const tensors = tinyParameters(config);
  const prompts = [batchOfIds(1, config, 'a'), batchOfIds(5, config, 'b'), batchOfIds(19, config, 'c')];

  it('writes greedily, past its window, what an uncached pass in double precision finds likeliest', async () => {
    await withGenerator({ config, tensors }, async (generator) => {
      const samples = await writeGreedily(generator, prompts);
      samples.forEach(({ tokenIds, logProbs }, index) => {
        const prompt = prompts[index] as number[];
        const rows = plainLogits(config, tensors, [...prompt, ...tokenIds]).slice(prompt.length - 1, -1);
        expect(tokenIds).toHaveLength(NEW_TOKENS);
        rows.map(logProbsOf).forEach((wanted, at) => {
          expect(logProbs[at]).toBeCloseTo(wanted[tokenIds[at] as number] as number, 4);
          expect(logProbs[at]).toBeCloseTo(Math.max(...wanted), 4);
        });
      });
      const [alone] = await writeGreedily(generator, prompts.slice(1, 2));
      expect(alone).toMatchObject({ tokenIds: samples[1]?.tokenIds, logProbs: samples[1]?.logProbs });
    });
  });

  it('gives the log-probabilities of a completion, and scores steps as a verifier', async () => {
    const ids = batchOfIds(21, config, 'row');
    const [scored] = await withScorer({ config, tensors }, (scorer) =>
      collect(scorer.logProbs([{ ids, promptLength: 4 }])),
    );
    const wanted = plainLogits(config, tensors, ids).map(logProbsOf);
    expect(scored?.logProbs).toHaveLength(17);
    scored?.logProbs.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at + 3]?.[ids[at + 4] as number] as number, 4);
    });
    const features = 'hidden+confidence';
    const verifier = tinyFamily(modelType, { kind: 'token-classification', numLabels: 2, features });
    const row = { ids, promptLength: 4, stepEndPositions: [9, 20] };
    const cut = { ids: ids.slice(0, 10), promptLength: 4, stepEndPositions: [9] };
    const scores = await withScorer({ config: verifier, tensors: tinyParameters(verifier) }, (scorer) =>
      collect(scorer.scoreSteps([row, cut])),
    );
    const [whole, part] = scores.sort((a, b) => a.rowIndex - b.rowIndex);
    expect(whole?.probabilities.every((probability) => probability > 0 && probability < 1)).toBe(true);
    expect(part?.probabilities[0]).toBeCloseTo(whole?.probabilities[0] as number, 5);
  });
});

/** The models of which everything was recorded; of the bfloat16 one only logits were. */
const complete = (existsSync(REFERENCE) ? readdirSync(REFERENCE).sort() : []).filter((family) =>
  existsSync(join(REFERENCE, family, 'adapter')),
);

describe.skipIf(complete.length === 0)('the reference models (../shared)', () => {
  it.each(complete)('%s: greedy tokens are those that transformers wrote', async (family) => {
    const expected = openSafetensors(join(REFERENCE, family, 'expected.safetensors'));
    const rows = expected.names
      .filter((name) => name.startsWith('greedy.'))
      .map((name) => Array.from(expected.tensor(name).data as BigInt64Array, Number));
    expected.close();
    const folder = join(REFERENCE, family, 'model');
    const prompts = rows.map((row) => row.slice(0, 6));
    const samples = await withGenerator({ folder }, (generator) => writeGreedily(generator, prompts));
    expect(rows.length).toBe(4);
    samples.forEach(({ tokenIds }, index) => {
      expect(tokenIds.slice(0, 16)).toEqual(rows[index]?.slice(6));
    });
  });

  it.each(complete)(
    '%s: completions and steps score as recorded, through the adapter too',
    async (family) => {
      const dir = join(REFERENCE, family);
      const { rows, reference, policy, steps } = readScores(dir);
      await withScorer({ folder: join(dir, 'model') }, async (scorer) => {
        expectClose(await sums(scorer, rows), reference);
        expectClose(await sums(await scorer.attach(join(dir, 'adapter')), rows), policy);
      });
      const positions = rows.map((row, index) => ({ ...row, stepEndPositions: [...steps(index).keys()] }));
      const scored = await withScorer({ folder: join(dir, 'process-reward-model') }, (scorer) =>
        collect(scorer.scoreSteps(positions)),
      );
      for (const { rowIndex, probabilities } of scored)
        expectClose(probabilities, [...steps(rowIndex).values()]);
    },
  );
});

type Row = { readonly ids: readonly number[]; readonly promptLength: number };

async function sums(scorer: Scorer, rows: readonly Row[]): Promise<number[]> {
  const scored = await collect(scorer.logProbs(rows));
  return scored.sort((a, b) => a.rowIndex - b.rowIndex).map(({ sum }) => sum);
}

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((value, index) => {
    expect(Math.abs(value - (wanted[index] as number))).toBeLessThan(1e-4);
  });
}

/** The recorded batch without its padding, its completions' log-probabilities and its steps' probabilities. */
function readScores(dir: string) {
  const expected = openSafetensors(join(dir, 'expected.safetensors'));
  const numbers = (name: string) =>
    Array.from(expected.tensor(name).data as ArrayLike<number | bigint>, Number);
  const [ids, mask, completion] = ['input_ids', 'attention_mask', 'completion_mask'].map(numbers) as [
    number[],
    number[],
    number[],
  ];
  const [labels, logits] = [numbers('prm.labels'), numbers('prm.logits')];
  const width = ids.length / 4;
  const rowOf = (values: number[], row: number) => values.slice(row * width, (row + 1) * width);
  const rows = [0, 1, 2, 3].map((row): Row => {
    const length = rowOf(mask, row).filter((kept) => kept === 1).length;
    return { ids: rowOf(ids, row).slice(0, length), promptLength: rowOf(completion, row).indexOf(1) };
  });
  /** Probability of label 1 by position. */
  const steps = (row: number) =>
    new Map(
      rowOf(labels, row).flatMap((label, position) => {
        const at = 2 * (row * width + position);
        const odds = (logits[at + 1] as number) - (logits[at] as number);
        return label < 0 ? [] : [[position, 1 / (1 + Math.exp(-odds))] as const];
      }),
    );
  const scores = { rows, reference: numbers('reference.logps'), policy: numbers('dpo.logps'), steps };
  expected.close();
  return scores;
}
