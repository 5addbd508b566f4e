import { common, generation } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, expectNoPaths, lasting, refusalOf } from '../../support/calls.ts';
import { readMetrics } from '../../support/metrics.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import { expectedStory, hasStories, storiesFolder } from '../../support/stories.ts';

type Client = ServiceClient<generation.GenerationServiceDefinition>;

const P99 = 'nodejs_eventloop_lag_p99_seconds';
const MAX = 'nodejs_eventloop_lag_max_seconds';
/** Generous, because a busy machine with two cores must not fail the test: on a quiet one the p99 is under 50 ms. */
const MOST_P99_SECONDS = 0.2;
/** To read the longest prompt below on the event loop would take several seconds. */
const MOST_SECONDS = 1.5;

const sampled: common.SamplingSettings = common.SamplingSettings.fromPartial({
  n: 4,
  temperature: 0.9,
  topK: 40,
  topP: 0.95,
  maxNewTokens: 24,
  seed: 11n,
});

describe.skipIf(!hasStories)('generation with stories260K', () => {
  let program: RunningProgram;
  let client: Client;

  beforeAll(async () => {
    program = await startProgram('generation', ['--model', storiesFolder]);
    client = createClient(generation.GenerationServiceDefinition, program.address);
  });

  afterAll(async () => {
    client.close();
    await program[Symbol.asyncDispose]();
    expectNoPaths(program.log());
  });

  it('writes the recorded 200 tokens exactly', async () => {
    const request = {
      prompts: [{ id: 'story', text: '' }],
      sampling: { n: 1, greedy: true, maxNewTokens: 200 },
    };
    const [path] = await collect(client.generate(request));
    expect(path?.text).toBe(expectedStory());
    expect(path).toMatchObject({
      promptId: 'story',
      tokenCount: 200,
      finishReason: generation.FinishReason.LENGTH,
      steps: expectedStory().split('\n'),
    });
  });

  it('gives the same samples again, in other company, and after a restart', async () => {
    const first = await sample(client, ['a', 'b']);
    expect(new Set(first.map(({ text }) => text)).size).toBeGreaterThan(1);
    expect(await sample(client, ['a', 'b'])).toEqual(first);
    expect(await sample(client, ['c', 'b'])).toEqual(
      expect.arrayContaining(first.filter(({ promptId }) => promptId === 'b')),
    );
    await using again = await startProgram('generation', ['--model', storiesFolder, '--workers', '2']);
    using other = createClient(generation.GenerationServiceDefinition, again.address);
    expect(await sample(other, ['a', 'b'])).toEqual(first);
    const reseeded = await sample(client, ['a', 'b'], { ...sampled, seed: 12n });
    expect(reseeded.map(({ text }) => text)).not.toEqual(first.map(({ text }) => text));
  });

  it('says what it holds', async () => {
    const { info } = await client.info({});
    const digest = info?.models[0]?.model?.digest ?? '';
    expect(info).toMatchObject({ service: 'generation', devices: ['cpu x 1'] });
    expect(info?.engine).toMatchObject({ kind: 'engine', version: info?.version, precision: 'float32' });
    expect(info?.models).toMatchObject([{ family: 'llama', parameters: 260_032n, maxSequenceTokens: 512 }]);
    const [path] = await collect(
      client.generate({ prompts: [{ id: 'x' }], model: { digest }, sampling: sampled }),
    );
    expect(path?.model?.digest).toBe(digest);
  });

  it('has no other model, and says so', async () => {
    const model = { digest: `sha256:${'0'.repeat(64)}` };
    const call = collect(client.generate({ prompts: [{ id: 'x' }], model, sampling: sampled }));
    expect(await refusalOf(call)).toMatchObject({ kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' });
  });

  it('keeps its event loop free under load', async () => {
    // Reading starts both anew.
    await readMetrics(program.metricsUrl, [P99, MAX]);
    const long = 'Once upon a time, there was a little girl. '.repeat(20_000);
    const prompts = Array.from({ length: 256 }, (_, index) => ({ id: `${index}`, text: long.slice(0, 600) }));
    const light = { ...sampled, n: 1, maxNewTokens: 2 };
    const answers = await Promise.all([
      collect(client.generate({ prompts: [{ id: 'huge', text: long }], sampling: light })),
      collect(client.generate({ prompts, sampling: light })),
      sample(client, ['a', 'b'], { ...sampled, n: 32 }),
      sample(client, ['c', 'd'], { ...sampled, n: 32 }),
    ]);
    const { [P99]: p99, [MAX]: max } = await readMetrics(program.metricsUrl, [P99, MAX]);
    const delays = [p99, max].map((seconds) => `${(seconds * 1000).toFixed(1)} ms`);
    process.stdout.write(`event loop delay under load: p99 ${delays.join(', longest ')}\n`);
    expect(answers.map((paths) => paths.length)).toEqual([1, 256, 64, 64]);
    expect(p99).toBeLessThan(MOST_P99_SECONDS);
    expect(max).toBeLessThan(MOST_SECONDS);
  });
});

/** Samples of prompts, sorted, without what depends on the clock. */
async function sample(client: Client, ids: readonly string[], sampling = sampled) {
  const prompts = ids.map((id) => ({ id, text: 'Once upon a time' }));
  const request = { prompts, sampling, returnTokenIds: true, returnLogProbs: true };
  const paths = await collect(client.generate(request));
  return paths
    .map(lasting)
    .sort((a, b) => a.promptId.localeCompare(b.promptId) || a.sampleIndex - b.sampleIndex);
}
