import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { expect, it } from 'vitest';
import { cluster } from '../forecast/cluster.ts';
import { forecast } from '../forecast/forecast.ts';
import { knownShape, type ModelShape } from '../forecast/model-shape.ts';
import { vllmCommand } from './vllm-command.ts';
import { vllmStarts } from './vllm-starts.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const hooked = { kind: 'pooling', urls: 'http://v:8003/v1', hook: '/h' };

/** Of a run whose longest question has 200 tokens, and whose completions have at most 300 and roll-outs 100. */
function startsOf(engines: object, changes: object = {}, gpus = 8) {
  const config = parseRunConfig({
    ...SMALL_RUN,
    policy: { model: '/m/gemma-2b', lora: { rank: 24, alpha: 16 } },
    simulator: { model: 'policy' },
    sampling: { pathsPerQuestion: 4, maxNewTokens: 300 },
    simulation: { questions: 10, pathsPerQuestion: 2, rollouts: 4, maxNewTokens: 100 },
    evaluation: { maxNewTokens: 50 },
    ...{ ...changes, engines },
  });
  const facts = {
    config,
    shapes: { policy: knownShape('gemma-2b') as ModelShape, simulator: knownShape('llama-2-7b') },
    counts: { train: 10, loop: 10, test: 10, validation: 0, simulator: 0, others: {} },
    texts: { prompt: { mean: 80, longest: 200 }, solution: { mean: 90, longest: 300 }, steps: 4, how: '' },
  };
  const machines = cluster.parse({ gpus, memory: '1TiB' });
  const { services, refusals } = forecast(facts, machines);
  const digests = { '/m/gemma-2b': DIGEST };
  return { starts: vllmStarts({ config, services, cluster: machines, digests }), refusals };
}

it('has servers behind a name find adapters of the next rank that vLLM takes by their digest, on the base they are of', () => {
  const { starts } = startsOf({ policy: { kind: 'vllm', urls: 'dns:///policy-vllm:8000' } });
  expect(starts).toEqual([
    {
      parts: ['policy'],
      urls: ['dns:///policy-vllm:8000'],
      replicas: expect.any(Number) as number,
      hook: undefined,
      program: ['-m', 'vllm.entrypoints.openai.api_server'],
      model: ['--port', '8000', '--model', '/m/gemma-2b', '--served-model-name', DIGEST],
      flags: [
        ...['--dtype', 'bfloat16', '--max-model-len', '500'],
        ...['--enable-lora', '--max-loras', '1', '--max-lora-rank', '32'],
        ...['--enable-prefix-caching', '--no-enable-log-requests'],
      ],
      environment: {
        VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True',
        ...{ SIPF_STORE: '$ARTIFACTS', SIPF_BASE_DIGEST: DIGEST },
      },
    },
  ]);
});

it('starts one server for policy and simulator where both ask it, as long as either needs it', () => {
  const one = { kind: 'vllm', urls: 'http://v:8001/v1', model: 'policy' };
  const [start, ...others] = startsOf({ policy: one, simulator: one }).starts;
  expect(others).toEqual([]);
  expect(start?.parts).toEqual(['policy', 'simulator']);
  expect(start?.model).toEqual(['--port', '8001', '--model', '/m/gemma-2b', '--served-model-name', 'policy']);
  // A prefix of 200 + 300 tokens, and 100 that roll on.
  expect(start?.flags).toEqual(expect.arrayContaining(['--max-model-len', '600', '--max-lora-rank', '32']));
  expect(start?.environment).toEqual({ VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' });
});

it('leaves folder and digest to a hook, and takes no adapters where all weights are trained', () => {
  const policy = { model: '/m/gemma-2b' };
  const engines = {
    policy: { kind: 'vllm', urls: 'dns:///policy:1', weights: 'reload' },
    verifier: { ...hooked, precision: 'float32' },
  };
  const [writer, verifier] = startsOf(engines, { policy }).starts;
  expect(writer?.environment).toEqual({
    ...{ VLLM_SERVER_DEV_MODE: '1', SIPF_STORE: '$ARTIFACTS', SIPF_BASE_DIGEST: DIGEST },
  });
  expect(writer?.flags).toEqual([
    ...['--dtype', 'bfloat16', '--max-model-len', '500', '--enable-prefix-caching'],
    ...['--worker-extension-cls', 'sipf_vllm.worker.StoreWorker', '--no-enable-log-requests'],
  ]);
  expect(verifier).toMatchObject({
    ...{ hook: '/h', environment: {} },
    model: ['--port', '8003', '--model', '$MODEL_FOLDER', '--served-model-name', '$MODEL_DIGEST'],
    flags: [
      '--runner',
      'pooling',
      '--dtype',
      'float32',
      '--max-model-len',
      '500',
      '--no-enable-log-requests',
    ],
  });
});

it('gives servers on one GPU their shares, and knows no digest of a folder that is not here', () => {
  const engines = {
    policy: { kind: 'vllm', urls: 'dns:///a:1' },
    simulator: { kind: 'vllm', urls: 'dns:///b:1' },
  };
  const simulator = { model: '/m/llama-2-7b' };
  const { starts } = startsOf({ ...engines, verifier: hooked }, { simulator }, 1);
  const shares = starts.map(({ flags }) => Number(flags[flags.indexOf('--gpu-memory-utilization') + 1]));
  expect(shares.every((share) => share > 0)).toBe(true);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(0.95);
  expect(starts.find(({ parts }) => parts[0] === 'simulator')?.model).toEqual([
    ...['--port', '1', '--model', '/m/llama-2-7b', '--served-model-name', '$MODEL_DIGEST'],
  ]);
});

it('refuses fixed weights of a simulator that the run trains', () => {
  const engines = { policy: { kind: 'engine' }, simulator: { kind: 'vllm', urls: 'http://s:1/v1' } };
  const refused = (policy: object) =>
    startsOf(engines, { policy: { model: '/m/gemma-2b', ...policy } }).refusals.map(({ field }) => field);
  expect(refused({})).toContain('engines.simulator.weights');
  expect(refused({ lora: { rank: 8, alpha: 8 } })).not.toContain('engines.simulator.weights');
});

it('names the token of steps of a verifier of Qwen’s kind', () => {
  expect(vllmCommand({ runner: 'pooling', stepTag: 7 }).flags).toEqual([
    ...['--runner', 'pooling', '--pooler-config', '{"step_tag_id":7}', '--no-enable-log-requests'],
  ]);
});
