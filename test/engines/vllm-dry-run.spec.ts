import { generation, parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { digestFolder } from '@sipf/models';
import { cluster, forecast, type Facts } from '@sipf/runs';
import { askEngines } from '@sipf/runs/preflight';
import { createClient } from '@sipf/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, writeModel } from '../support/models.ts';
import { startProgram } from '../support/start-program.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { startVllm, vllmIsAbsent, VLLM_START_MS, type VllmServer } from './support/vllm-server.ts';

const isAbsent = vllmIsAbsent('vLLM under a dry run');

describe.skipIf(isAbsent).each([
  ['that describes itself', { VLLM_SERVER_DEV_MODE: '1' }],
  ['whose refusals say what it takes', { VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' }],
])('a dry run asks a real vLLM %s', (_, environment) => {
  const isDescribed = 'VLLM_SERVER_DEV_MODE' in environment;
  const folder = temporaryFolder();
  const base = tinyLlama({ seed: 'base' });
  let server: VllmServer;

  beforeAll(async () => {
    const model = await writeModel(folder.path, 'model', base);
    const served = { folder: model, digest: await digestFolder(model), name: 'policy' };
    server = await startVllm({ model: served, rank: 8, maxModelLen: 96 }, { environment });
  }, VLLM_START_MS);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    folder.remove();
  });

  async function ask(engine: object, { rank = 8, vocabSize = base.config.vocabSize } = {}) {
    const engines = { policy: { kind: 'vllm', urls: `${server.origin}/v1`, model: 'policy', ...engine } };
    const { hiddenSize, intermediateSize, numHiddenLayers: layers, numAttentionHeads: heads } = base.config;
    const size = { hiddenSize, intermediateSize, layers, heads, kvHeads: heads, headDim: 32 };
    const shape = {
      name: 'tiny',
      parameters: 1e5,
      lmHead: 0,
      ...size,
      vocabSize,
      maxTokens: 256,
      gated: true,
    };
    const facts: Facts = {
      config: parseRunConfig({ ...SMALL_RUN, policy: { model: 'm', lora: { rank, alpha: 16 } }, engines }),
      shapes: { policy: shape },
      counts: { train: 10, loop: 10, test: 10, validation: 0, simulator: 0, others: {} },
      texts: { prompt: { mean: 20, longest: 20 }, solution: { mean: 20, longest: 30 }, steps: 3, how: '' },
    };
    const { refusals, notes, stages } = forecast(
      facts,
      cluster.parse({ gpus: 4 }),
      await askEngines(facts, { isHere: true }),
    );
    return { fields: refusals.map(({ field }) => field), refusals, notes, stages };
  }

  it('takes what fits, and measures its speed', async () => {
    const { refusals, notes, stages } = await ask({ concurrency: 4 });
    expect({ refusals, notes: notes.filter((note) => note.startsWith('engines.')) }).toEqual({
      refusals: [],
      notes: [],
    });
    const sample = stages.find(({ id }) => id === 'sample-1');
    expect(sample?.rates).toMatchObject([{ source: 'measured' }]);
  });

  it.each<[string, object, object]>([
    ['policy.lora.rank', {}, { rank: 9 }],
    ['policy.model', {}, { vocabSize: base.config.vocabSize + 1 }],
    ['engines.policy.model', { model: 'other' }, {}],
    ['engines.policy.weights', { weights: 'reload' }, {}],
    ...(isDescribed
      ? [['engines.policy.precision', { precision: 'float16' }, {}] satisfies [string, object, object]]
      : []),
  ])('refuses at %s what it would refuse', async (field, engine, asked) => {
    expect((await ask(engine, asked)).fields).toEqual([field]);
  });

  it('says its highest rank by the generation service, before anybody asks for a text', async () => {
    const backend = ['--backend', 'openai', '--backend-url', `${server.origin}/v1`];
    await using program = await startProgram('generation', backend);
    const client = createClient(generation.GenerationServiceDefinition, program.address);
    const { info } = await client.info({});
    client.close();
    expect(info).toMatchObject({
      engine: { version: expect.any(String) as string },
      limits: { max_lora_rank: 8 },
    });
  });
});
