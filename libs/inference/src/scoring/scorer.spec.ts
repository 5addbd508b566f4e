import { VERIFIER_FEATURES, type VerifierFeatures } from '@sipf/models';
import { createRng } from '@sipf/random';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { HostOptions } from '../host/model-host.ts';
import { collect } from '../testing/collect.ts';
import { RECIPE_POLICY, randomModel } from '../testing/random-model.ts';
import { verifierConfig } from '../testing/random-verifier.ts';
import { createScorer, type Scorer, type StepScoreRequest, type StepScores } from './scorer.ts';

function randomRow(index: number): StepScoreRequest {
  const rng = createRng(`row/${index}`);
  const length = 2 + rng.integer(70);
  const promptLength = 1 + rng.integer(length - 1);
  const completion = length - promptLength;
  return {
    ids: Array.from({ length }, () => rng.integer(RECIPE_POLICY.vocabSize)),
    promptLength,
    stepEndPositions: [promptLength + rng.integer(completion), length - 1],
  };
}

const ROWS = Array.from({ length: 60 }, (_, index) => randomRow(index));

async function scores(scorer: Scorer, rows: readonly StepScoreRequest[]): Promise<(readonly number[])[]> {
  const results: StepScores[] = await collect(scorer.scoreSteps(rows));
  return results.sort((a, b) => a.rowIndex - b.rowIndex).map(({ probabilities }) => probabilities);
}

async function withVerifier(
  features: VerifierFeatures,
  use: (scorer: Scorer) => Promise<unknown>,
  options: HostOptions = { workers: 2 },
): Promise<void> {
  const scorer = await createScorer(randomModel(verifierConfig(features), 'verifier'), options);
  try {
    await use(scorer);
  } finally {
    await scorer.close();
  }
}

it.each(VERIFIER_FEATURES)('scores a row (%s) with the same bits in any company', async (features) => {
  await withVerifier(features, async (scorer) => {
    const together = await scores(scorer, ROWS);
    expect(together.flat().every((probability) => probability > 0 && probability < 1)).toBe(true);
    const order = createRng('order').shuffle([...ROWS.keys()]);
    const shuffled = await scores(
      scorer,
      order.map((index) => ROWS[index] as StepScoreRequest),
    );
    expect(shuffled).toEqual(order.map((index) => together[index]));
    for (const index of [0, 17, 59]) {
      expect(await scores(scorer, [ROWS[index] as StepScoreRequest])).toEqual([together[index]]);
    }
  });
});

it('scores with the same bits on any number of threads', async () => {
  const found: (readonly number[])[][] = [];
  for (const threadsPerWorker of [1, 3]) {
    await withVerifier('hidden', async (scorer) => found.push(await scores(scorer, ROWS)), {
      threadsPerWorker,
    });
  }
  expect(found[1]).toEqual(found[0]);
});

it('gives probabilities in double precision, those too that float32 would call 0 or 1', async () => {
  const config = verifierConfig('hidden');
  const { tensors, ...rest } = randomModel(config, 'sure verifier');
  const weight = tensors.get('score.weight')?.map((value) => 300 * value) ?? new Float32Array();
  const scorer = await createScorer({ ...rest, tensors: new Map([...tensors, ['score.weight', weight]]) });
  const scored = await collect(scorer.scoreSteps(ROWS));
  await scorer.close();
  const [logOdds, probabilities] = [
    scored.flatMap((row) => row.logOdds),
    scored.flatMap((row) => row.probabilities),
  ];
  expect(Math.min(...logOdds)).toBeLessThan(-100);
  expect(Math.max(...logOdds)).toBeGreaterThan(17);
  logOdds.forEach((odds, at) => {
    const wanted = odds < 0 ? Math.exp(odds) / (1 + Math.exp(odds)) : 1 / (1 + Math.exp(-odds));
    expect(probabilities[at]).toBe(wanted);
  });
  // A row may ask for its last token twice.
  const below = [...new Set(logOdds)].filter((odds) => odds < -18);
  expect(below.length).toBeGreaterThan(5);
  expect(new Set(below.map((odds) => probabilities[logOdds.indexOf(odds)])).size).toBe(below.length);
});

/** Paths of prompts of up to 150 tokens, some of which several share. */
function sharingRow(index: number): StepScoreRequest {
  const rng = createRng(`sharing/${index}`);
  const prompt = createRng(`prompt/${rng.integer(12)}`);
  const draw = (from: typeof rng, length: number) =>
    Array.from({ length }, () => from.integer(RECIPE_POLICY.vocabSize));
  const promptIds = draw(prompt, 1 + prompt.integer(150));
  const ids = [...promptIds, ...draw(rng, 1 + rng.integer(100))];
  const [last, promptLength] = [ids.length - 1, promptIds.length];
  return {
    ids,
    promptLength,
    stepEndPositions: [last, promptLength + rng.integer(ids.length - promptLength)],
  };
}

it.each(VERIFIER_FEATURES)(
  'scores paths (%s) that share prompts with the same bits in 200 mixes',
  async (features) => {
    await withVerifier(features, async (scorer) => {
      const paths = Array.from({ length: 40 }, (_, index) => sharingRow(index));
      const alone: (readonly number[])[] = [];
      for (const path of paths) alone.push(...(await scores(scorer, [path])));
      for (let mix = 0; mix < 200; mix++) {
        const rng = createRng(`mix/${mix}`);
        const chosen = rng.shuffle([...paths.keys()]).slice(0, 2 + rng.integer(20));
        const mixed = await scores(
          scorer,
          chosen.map((index) => paths[index] as StepScoreRequest),
        );
        expect(mixed).toEqual(chosen.map((index) => alone[index]));
      }
    });
  },
);

it.each(VERIFIER_FEATURES)('scores a step (%s) without looking at what follows it', async (features) => {
  await withVerifier(features, async (scorer) => {
    const row = ROWS.find(({ stepEndPositions: [first, last] }) => (first as number) < (last as number) - 4);
    const { ids, promptLength, stepEndPositions } = row as StepScoreRequest;
    const end = stepEndPositions[0] as number;
    const prefix = { ids: ids.slice(0, end + 1), promptLength, stepEndPositions: [end] };
    const [[whole], [alone]] = (await scores(scorer, [row as StepScoreRequest, prefix])) as [
      number[],
      number[],
    ];
    expect(alone).toBeCloseTo(whole as number, 5);
  });
});

it('answers a reader who waits for a score before giving the next row', async () => {
  await withVerifier('hidden', async (scorer) => {
    let answered = 0;
    async function* oneByOne(): AsyncGenerator<StepScoreRequest> {
      for (let asked = 0; asked < 3; asked++) {
        yield ROWS[asked] as StepScoreRequest;
        while (answered <= asked) await setImmediate();
      }
    }
    for await (const { rowIndex } of scorer.scoreSteps(oneByOne())) expect(rowIndex).toBe(answered++);
    expect(answered).toBe(3);
  });
});

it('gives log-probabilities of a completion that sum to those of its tokens', async () => {
  const scorer = await createScorer(randomModel(RECIPE_POLICY, 'policy'));
  const row = { ids: [1, 2, 3, 4], promptLength: 1 };
  const [whole] = await collect(scorer.logProbs([row]));
  const [tail] = await collect(scorer.logProbs([{ ...row, promptLength: 3 }]));
  expect(whole?.logProbs).toHaveLength(3);
  // A row's bits depend on where its prompt ends, since that is read apart.
  expect(tail?.logProbs[0]).toBeCloseTo(whole?.logProbs[2] as number, 5);
  expect(whole?.sum).toBeCloseTo(whole?.logProbs.reduce((a, b) => a + b, 0) as number, 12);
  await scorer.close();
});

it.each([
  [{ ids: [] }, 'rows[0].ids'],
  [{ ids: [1, 99] }, 'rows[0].ids'],
  [{ promptLength: 9 }, 'rows[0].promptLength'],
  [{ stepEndPositions: [2] }, 'rows[0].stepEndPositions'],
])('refuses %o and names the field', async (change, field) => {
  await withVerifier('hidden', async (scorer) => {
    const row = { ids: [1, 2], promptLength: 1, stepEndPositions: [1], ...change };
    await expect(scores(scorer, [row])).rejects.toMatchObject({
      kind: 'invalid-argument',
      violations: [{ field }],
    });
  });
});

it('refuses to score steps with a language model', async () => {
  const scorer = await createScorer(randomModel(RECIPE_POLICY, 'policy'));
  await expect(scores(scorer, ROWS)).rejects.toMatchObject({ reason: 'NOT_A_VERIFIER' });
  await scorer.close();
});
