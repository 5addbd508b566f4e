import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { SMALL_RUN } from '../testing/small-run.ts';
import { parseRunConfig } from './parse.ts';

const lora = { rank: 256, alpha: 128 };
const trl = { kind: 'trl', python: 'python3' };
const vllm = { kind: 'vllm', urls: 'dns:///policy-vllm:8000' };
const openai = { policy: { ...vllm, kind: 'openai' } };

function violationsOf(settings: object): Readonly<Record<string, string>> {
  try {
    parseRunConfig({ ...SMALL_RUN, ...settings });
    return {};
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    return Object.fromEntries(error.violations.map(({ field, description }) => [field, description]));
  }
}

it('leaves a configuration without engines as it is', () => {
  expect(parseRunConfig(SMALL_RUN)).not.toHaveProperty('engines');
});

it('takes our own engine for every part that is not named', () => {
  const { engines } = parseRunConfig({ ...SMALL_RUN, engines: { policy: vllm } });
  expect(engines).toEqual({
    policy: vllm,
    simulator: { kind: 'engine' },
    verifier: { kind: 'engine' },
    trainer: { kind: 'engine' },
  });
});

it.each(['http://a:1/v1', ['http://a:1/v1', 'https://b/v1'], 'dns:///a:1', 'dns:///a.b.svc:80/v1'])(
  'takes %j as the servers of a part',
  (urls) => {
    expect(violationsOf({ engines: { simulator: { kind: 'vllm', urls } } })).toEqual({});
  },
);

it.each(['a:1', 'ftp://a:1', 'dns://a:1', 'http://a:1,http://b:1', '', []])(
  'refuses the servers %j',
  (urls) => {
    const found = Object.keys(violationsOf({ engines: { policy: { kind: 'vllm', urls } } }));
    expect(found.map((field) => field.split('.').slice(0, 3).join('.'))).toContain('engines.policy.urls');
  },
);

const PARTS = {
  engines: { policy: vllm, trainer: trl, verifier: { kind: 'pooling', urls: 'http://a:1/v1' } },
};

it.each([
  ['policy.lora.rank', { policy: { model: 'm', lora: { rank: 513, alpha: 1 } } }, '512 at most'],
  [
    'policy.lora.modulesToSave',
    { policy: { model: 'm', lora: { ...lora, modulesToSave: ['lm_head'] } } },
    'leave them out',
  ],
  [
    'policy.lora.quantisation',
    { policy: { model: 'm', lora: { ...lora, quantisation: 'int4' } } },
    'trl takes none, nf4, nf4-double',
  ],
  [
    'verifier.head',
    { verifier: { optimisation: { learningRate: 1 }, head: 'hidden-confidence' } },
    'pooling takes hidden',
  ],
  [
    'verifier.quantisation',
    { verifier: { optimisation: { learningRate: 1 }, trainable: 'head', quantisation: 'int8' } },
    'trl takes none',
  ],
  ['engines.policy.kind', { engines: { policy: { ...vllm, kind: 'openai' } } }, 'set policy.lora'],
  [
    'engines.trainer.command',
    { engines: { trainer: { ...trl, command: 'c' } } },
    'must not be there beside python',
  ],
  [
    'engines.policy.kind',
    { policy: { model: 'm' }, engines: { policy: { ...vllm, kind: 'openai' } } },
    'hook',
  ],
  ['engines.policy.model', { engines: { policy: { ...vllm, hook: 'h', model: 'm' } } }, 'by its digest'],
  [
    'engines.simulator.weights',
    { engines: { simulator: { ...vllm, hook: 'h', weights: 'reload' } } },
    'must be fixed',
  ],
  ['engines.verifier.kind', { engines: { verifier: vllm } }, 'engine, pooling'],
  [
    'sampling.temperature',
    { sampling: { maxNewTokens: 8, temperature: 2.5 } },
    'vllm takes 0.01 to 2: set one',
  ],
  [
    'sampling.temperature',
    { sampling: { maxNewTokens: 8, temperature: 0.005 } },
    'engines.policy.kind be engine',
  ],
  [
    'evaluation.samples.temperature',
    { evaluation: { maxNewTokens: 8, samples: { count: 2, temperature: 3 } } },
    'vllm takes 0.01 to 2',
  ],
  [
    'simulation.temperature',
    {
      simulation: { questions: 1, maxNewTokens: 8, temperature: 2.1 },
      engines: { simulator: { ...vllm, kind: 'openai' } },
    },
    'openai takes',
  ],
  [
    'simulation.topK',
    {
      simulation: { questions: 1, maxNewTokens: 8, topK: 40 },
      engines: { simulator: { ...vllm, kind: 'openai' } },
    },
    'openai has no such field: leave it out, or let engines.simulator.kind be vllm or engine',
  ],
  ['sampling.minP', { sampling: { maxNewTokens: 8, minP: 0.1 }, engines: openai }, 'no such field'],
  [
    'sampling.repetitionPenalty',
    { sampling: { maxNewTokens: 8, repetitionPenalty: 1.1 }, engines: openai },
    'no such field',
  ],
])('refuses what an engine cannot do, at %s, with the remedy', (field, settings, remedy) => {
  expect(violationsOf({ ...PARTS, ...settings })[field]).toContain(remedy);
});

it('takes every way of drawing tokens that an engine has', () => {
  const drawn = { topK: 5, topP: 0.9, minP: 0.1, repetitionPenalty: 1.1, maxNewTokens: 8 };
  const sampling = (temperature: number) => ({ sampling: { ...drawn, temperature } });
  const policy = { model: 'm', lora: { rank: 8, alpha: 8 } };
  for (const temperature of [0.01, 1, 2])
    expect(violationsOf({ ...sampling(temperature), engines: { policy: vllm } })).toEqual({});
  expect(violationsOf(sampling(50))).toEqual({});
  expect(
    violationsOf({ sampling: { maxNewTokens: 8, topP: 0.5, temperature: 2 }, policy, engines: openai }),
  ).toEqual({});
  // Who writes nothing of it does not bound it.
  expect(violationsOf({ ...sampling(50), policy, engines: { simulator: openai.policy } })).toEqual({});
});

it.each([
  ['policy.lora.quantisation', { policy: { model: 'm', lora: { ...lora, quantisation: 'nf4' } } }, 'fsdp2'],
  [
    'verifier.quantisation',
    { verifier: { optimisation: { learningRate: 1 }, trainable: 'head', quantisation: 'nf4' } },
    'fsdp2',
  ],
  ['sft.precision', { sft: { learningRate: 1, precision: 'bfloat16' } }, 'zero3'],
])('refuses what the trainer cannot share out, at %s, and takes it by ddp', (field, settings, sharding) => {
  const shared = (how: string) =>
    violationsOf({ ...settings, engines: { trainer: { ...trl, sharding: how } } });
  expect(shared(sharding)[field]).toContain('engines.trainer.sharding');
  expect(shared('ddp')).not.toHaveProperty([field]);
});

it('says how many processes can share the rows of an update', () => {
  const sft = { learningRate: 1e-4, batchSize: 20, accumulation: 2 };
  const found = violationsOf({ sft, engines: { trainer: { ...trl, processes: 8 } } });
  expect(found['sft.batchSize']).toBe(
    '20 rows cannot be shared by 8 processes in 2 parts each: engines.trainer.processes 5 would do',
  );
  expect(
    violationsOf({ sft, engines: { trainer: { ...trl, processes: 5 } } })['sft.batchSize'],
  ).toBeUndefined();
});

it('takes a device and a precision of our own engine, and refuses one that is unknown or is not computed', () => {
  const on = (device: string, precision = 'float32') => ({ kind: 'engine', device, precision });
  expect(violationsOf({ engines: { policy: on('cuda:1'), verifier: on('webgpu') } })).toEqual({});
  const unknown = violationsOf({ engines: { policy: on('gpu'), simulator: on('cuda:x') } });
  expect(unknown).toEqual({
    'engines.policy.device': 'must be cpu, cuda, cuda:N or webgpu, is gpu',
    'engines.simulator.device': 'must be cpu, cuda, cuda:N or webgpu, is cuda:x',
  });
  const refused = violationsOf({ engines: { verifier: on('webgpu', 'bfloat16') } });
  expect(refused['engines.verifier.precision']).toMatch(/not computed on webgpu: WebGPU has no bfloat16/);
});

it('refuses a training that its device does not compute', () => {
  const engines = { trainer: { kind: 'engine', device: 'webgpu' } };
  const policy = { model: 'm', lora: { rank: 8, alpha: 8, quantisation: 'nf4' } };
  expect(violationsOf({ engines, policy })['policy.lora.quantisation']).toMatch(
    /with nf4 weights is not computed on webgpu/,
  );
});
