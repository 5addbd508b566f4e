import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { expect, it } from 'vitest';
import { engineFlags } from './engine-flags.ts';

const flagsOf = (settings: object) => engineFlags(parseRunConfig({ ...SMALL_RUN, ...settings }));

it('sets nothing where the run says nothing of engines, or names our own', () => {
  const none = { generation: [], simulation: [], verification: [], training: [] };
  expect(flagsOf({})).toEqual(none);
  expect(flagsOf({ engines: { policy: { kind: 'engine' } } })).toEqual(none);
});

it('has each service of our own engine compute where the run says', () => {
  const flags = flagsOf({
    engines: {
      policy: { kind: 'engine', device: 'webgpu', precision: 'float32' },
      verifier: { kind: 'engine', device: 'cuda:1' },
      trainer: { kind: 'engine', device: 'cuda' },
    },
  });
  expect(flags).toEqual({
    generation: ['--device', 'webgpu', '--precision', 'float32'],
    simulation: [],
    verification: ['--device', 'cuda:1'],
    training: ['--device', 'cuda'],
  });
});

it('sends each service to its servers', () => {
  const flags = flagsOf({
    policy: { model: '/m/policy', lora: { rank: 8, alpha: 8 } },
    engines: {
      policy: {
        kind: 'vllm',
        urls: ['http://a:1/v1', 'http://b:1/v1'],
        model: 'gemma',
        adapter: 'resolver',
        weights: 'reload',
      },
      simulator: { kind: 'openai', urls: 'http://c:1/v1', concurrency: 7, timeoutMs: 9, keyFile: '/k' },
      verifier: { kind: 'pooling', urls: 'dns:///d:1' },
    },
  });
  expect(flags.generation.join(' ')).toBe(
    '--backend openai --backend-url http://a:1/v1,http://b:1/v1 --backend-model gemma --model /m/policy --backend-dialect vllm --backend-adapter resolver --backend-weights reload',
  );
  expect(flags.simulation.join(' ')).toBe(
    '--backend openai --backend-url http://c:1/v1 --backend-key-file /k --backend-concurrency 7 --backend-timeout-ms 9 --backend-dialect openai',
  );
  expect(flags.verification.join(' ')).toBe('--backend pooling --backend-url dns:///d:1');
});

it('tells each service which program starts its servers', () => {
  const { generation, verification } = flagsOf({
    engines: {
      policy: { kind: 'vllm', urls: 'http://a:1/v1', hook: '/h/policy' },
      verifier: { kind: 'pooling', urls: 'http://b:1/v1', hook: '/h/verifier', hookTimeoutMs: 9 },
    },
  });
  expect(generation.join(' ')).toBe(
    '--backend openai --backend-url http://a:1/v1 --backend-hook /h/policy --backend-dialect vllm',
  );
  expect(verification.join(' ')).toBe(
    '--backend pooling --backend-url http://b:1/v1 --backend-hook /h/verifier --backend-hook-timeout-ms 9',
  );
});

it('starts the trainer in its processes', () => {
  const of = (trainer: object) => flagsOf({ engines: { trainer } }).training.join(' ');
  expect(of({ kind: 'trl' })).toBe('--trainer trl --trainer-python python3');
  expect(of({ kind: 'trl', python: '/v/python', processes: 4, sharding: 'fsdp2' })).toBe(
    '--trainer trl --trainer-python /v/python --trainer-processes 4 --trainer-sharding fsdp2',
  );
  expect(of({ kind: 'trl', command: 'launch', processes: 2, offloadActivations: true })).toBe(
    '--trainer trl --trainer-command launch --trainer-processes 2 --trainer-offload',
  );
});
