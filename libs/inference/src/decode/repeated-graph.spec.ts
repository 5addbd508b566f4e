import { batchOfIds, EVERY_FAMILY, tinyFamily, tinyParameters } from '@sipf/models/testing';
import { createRng } from '@sipf/random';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { resolveSampling } from '../sampling/sampling-settings.ts';
import type { SessionTensor } from '../session/session.ts';
import { collect } from '../testing/collect.ts';
import { writeRandomAdapter, writeRandomBase } from '../testing/random-adapter.ts';
import { RECIPE_POLICY, randomModel } from '../testing/random-model.ts';
import type { ModelSource } from '../weights/model-source.ts';
import { openModel } from '../weights/open-model.ts';
import type { EngineSample, SamplePiece } from './generated-sample.ts';
import { resolveRequests, type GenerationRequest, type ResolvedRequest } from './generation-request.ts';
import { GenerationTask } from './generation-task.ts';
import { createGenerator, type GeneratorHost } from './generator.ts';
import { rowChoices } from './row-choices.ts';
import { createSessionRunner } from './session-runner.ts';

const noop = (): void => undefined;

const STORIES = '../shared/models/stories260K';

/** The model in graphs of one step, and in graphs that take several steps in a run. */
async function bothWays(
  source: ModelSource,
  steps: number,
): Promise<readonly [GeneratorHost, GeneratorHost]> {
  const [single, repeated] = await Promise.all(
    [1, steps].map((stepsPerRun) => createGenerator(source, { slots: 6, stepsPerRun })),
  );
  onTestFinished(async () => {
    await single?.close();
    await repeated?.close();
  });
  return [single as GeneratorHost, repeated as GeneratorHost];
}

const GRAPH_CHOOSES = [{}, { temperature: 1.3 }, { greedy: true }, { temperature: 0.6 }];
const HOST_CHOOSES = [
  { temperature: 0.7, topK: 20, topP: 0.9 },
  { greedy: true, repetitionPenalty: 1.3 },
  { minP: 0.05 },
];

/** Prompts, lengths and end tokens of many kinds, each with one of these ways to choose. */
function requestsOf(
  vocabSize: number,
  ways: readonly Partial<GenerationRequest['sampling']>[],
): GenerationRequest[] {
  return Array.from({ length: 10 }, (_, index) => {
    const rng = createRng(`request/${index}`);
    const stopTokenIds = Array.from({ length: index % 4 }, () => rng.integer(vocabSize));
    return {
      promptIds: Array.from({ length: 1 + rng.integer(34) }, () => rng.integer(vocabSize)),
      n: 1 + (index % 3),
      seed: 5,
      key: `question ${index}`,
      sampling: { ...ways[index % ways.length], stopTokenIds, maxNewTokens: 1 + rng.integer(30) },
      topLogProbs: ways === HOST_CHOOSES && index % 2 === 0 ? 3 : 0,
      promptLogProbs: index % 5 === 0,
    };
  });
}

function inOrder(samples: readonly EngineSample[]): EngineSample[] {
  return samples.toSorted((a, b) => a.requestIndex - b.requestIndex || a.sampleIndex - b.sampleIndex);
}

/** How many of the samples ended early, which leaves rows that compute in vain. */
function endedEarly(samples: readonly EngineSample[]): number {
  return samples.filter(({ finishReason }) => finishReason !== 'length').length;
}

it.each(EVERY_FAMILY)(
  '%s: several steps in a run give the samples of single ones, to the bit',
  async (type) => {
    const config = tinyFamily(type);
    const [single, repeated] = await bothWays({ config, tensors: tinyParameters(config) }, 5);
    for (const ways of [GRAPH_CHOOSES, HOST_CHOOSES]) {
      const requests = requestsOf(config.vocabSize, ways);
      const wanted = inOrder(await collect(single.generate(requests)));
      expect(inOrder(await collect(repeated.generate(requests)))).toEqual(wanted);
      expect(wanted.length).toBeGreaterThan(15);
    }
  },
);

it('chooses in the graph what the host would, whatever else is in the batch, and ends where it would', async () => {
  for (const steps of [2, 16]) {
    const [single, repeated] = await bothWays(randomModel(RECIPE_POLICY, 'repeated'), steps);
    const requests = requestsOf(RECIPE_POLICY.vocabSize, GRAPH_CHOOSES);
    const wanted = inOrder(await collect(single.generate(requests)));
    expect(endedEarly(wanted)).toBeGreaterThan(0);
    expect(endedEarly(wanted)).toBeLessThan(wanted.length);
    expect(inOrder(await collect(repeated.generate(requests)))).toEqual(wanted);
    for (const [requestIndex, request] of requests.entries()) {
      const alone = (await collect(repeated.generate([request]))).map((one) => ({ ...one, requestIndex }));
      expect(inOrder(alone)).toEqual(wanted.filter((one) => one.requestIndex === requestIndex));
    }
  }
});

it('runs the graph once for as many steps as it is told, and leaves after the last row has ended', async () => {
  const model = await openModel(randomModel(RECIPE_POLICY, 'repeated'));
  const runner = await createSessionRunner(model, { slots: 2, stepsPerRun: 8 });
  onTestFinished(() => runner.close());
  const listener = { sample: noop, piece: noop, done: noop, failed: noop };
  const stepsTaken = async (stopTokenIds: readonly number[]): Promise<SessionTensor> => {
    const sampling = resolveSampling({ greedy: true, maxNewTokens: 20, stopTokenIds }, []);
    const [request] = await collect(resolveRequests([{ promptIds: [9], seed: 1, sampling }], model.facts));
    const rows = [new GenerationTask(request as ResolvedRequest, undefined, listener).startRow()];
    const batch = runner.createBatch();
    batch.add(0, runner.emptyCache(), 9);
    const outputs = await batch.step(1, rowChoices([sampling]), { steps: 8, rows });
    return outputs['tokens'] as SessionTensor;
  };
  const all = await stepsTaken([]);
  expect(all.dims).toEqual([8, 1]);
  const third = Number(all.data[2]);
  expect((await stepsTaken([third])).dims).toEqual([1 + Array.from(all.data, Number).indexOf(third), 1]);
});

it('reads the keys of a prompt and of rows with an adapter, and with weights of 4 bits', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'sipf-repeated-'));
  onTestFinished(() => {
    rmSync(parent, { recursive: true });
  });
  const base = await writeRandomBase(parent, RECIPE_POLICY);
  const source = { folder: base.folder };
  const requests = requestsOf(RECIPE_POLICY.vocabSize, GRAPH_CHOOSES);
  const [single, repeated] = await bothWays(source, 7);
  const folder = await writeRandomAdapter(parent, 'adapter', { base });
  const [adapted, adaptedRepeated] = [await single.attach(folder), await repeated.attach(folder)];
  const wanted = inOrder(await collect(adapted.generate(requests)));
  expect(inOrder(await collect(adaptedRepeated.generate(requests)))).toEqual(wanted);
  expect(wanted).not.toEqual(inOrder(await collect(single.generate(requests))));
  const [rounded, roundedRepeated] = await bothWays({ ...source, quantisation: 'int4' }, 7);
  expect(inOrder(await collect(roundedRepeated.generate(requests)))).toEqual(
    inOrder(await collect(rounded.generate(requests))),
  );
});

it.skipIf(!existsSync(STORIES))(
  'writes pieces that add up to the text, and cuts it at a stop string',
  async () => {
    const [, repeated] = await bothWays({ folder: STORIES }, 8);
    const promptIds = batchOfIds(3, RECIPE_POLICY, 'story');
    const pieces: SamplePiece[] = [];
    const sampling = { greedy: true, maxNewTokens: 60, stopStrings: ['. '] };
    const [sample] = await collect(
      repeated.generate([{ promptIds, seed: 1, sampling, pieces: true }], {
        onPiece: (piece) => pieces.push(piece),
      }),
    );
    expect(sample?.text.startsWith(pieces.map(({ text }) => text).join(''))).toBe(true);
  },
);
