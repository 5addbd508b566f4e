import { common, ownEngine, parseRunConfig, type DeviceName } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { expect, it } from 'vitest';
import {
  engineMismatches,
  partOfStage,
  numbersOf,
  requireEngines,
  toEngineFacts,
  withNamedPrecision,
  type EngineFacts,
} from './engine-facts.ts';
import { planRun } from './plan-run.ts';
import { stageIdentity } from './stage-identity.ts';

const config = parseRunConfig(SMALL_RUN);
const vllm: EngineFacts = { kind: 'vllm', version: '0.32.0', precision: 'bfloat16', device: 'vllm at a:1' };
const own = toEngineFacts(ownEngine({ version: '0.1.0', precision: 'float32', device: 'cpu', cores: 2 }));

function identityOf(engine?: EngineFacts): string {
  const stage = planRun(config).find(({ kind }) => kind === 'sample');
  if (stage === undefined) throw new TypeError('the plan samples');
  return JSON.stringify(stageIdentity(stage, config, () => ({ a: 'b' }), engine));
}

it('leaves the identities of stages of our own engine as they are, in whichever version and wherever', () => {
  expect(identityOf(own)).toBe(identityOf());
  expect(identityOf({ ...own, version: '0.2.0', device: 'cpu x 64' })).toBe(identityOf());
});

it.each([
  ['kind', { ...vllm, kind: 'openai' }],
  ['version', { ...vllm, version: '0.33.0' }],
  ['precision', { ...vllm, precision: 'float32' }],
  ['facts', { ...vllm, facts: { torch: '2.13' } }],
  ['own engine', own],
])('distinguishes stages by the %s of another engine', (_, other) => {
  expect(identityOf(other)).not.toBe(identityOf(vllm));
});

it('distinguishes stages of rounded weights of our own engine from others, in any version', () => {
  const rounded = (precision: string, version = '0.1.0') =>
    toEngineFacts(ownEngine({ version, precision, device: 'cpu', cores: 2 }));
  const identities = ['float32', 'int8', 'int4'].map((precision) => identityOf(rounded(precision)));
  expect(new Set(identities).size).toBe(3);
  expect(identityOf(rounded('int4', '0.2.0'))).toBe(identities[2]);
  // Of the same name, and rounded in another way.
  expect(identityOf({ ...own, precision: 'int4' })).not.toBe(identities[2]);
});

it('distinguishes stages of our own engine on another kind of device, whichever it is of them and whatever it holds', () => {
  const on = (device: DeviceName, placements: string[] = []) =>
    toEngineFacts(ownEngine({ version: '0.1.0', precision: 'float32', device, cores: 2, placements }));
  const identities = (['cpu', 'cuda', 'webgpu'] as const).map((device) => identityOf(on(device)));
  expect(new Set(identities).size).toBe(3);
  expect(identityOf(on('cuda:3'))).toBe(identities[1]);
  expect(identityOf(on('webgpu', ['webgpu, 3 of 9 nodes on the CPU: Gather 3']))).toBe(identities[2]);
});

it('does not depend on where an engine runs', () => {
  expect(identityOf({ ...vllm, device: 'vllm at b:1' })).toBe(identityOf(vllm));
});

it('knows the part of every kind of stage', () => {
  const parts = Object.fromEntries(planRun(config).map((stage) => [stage.kind, partOfStage(stage)]));
  expect(parts).toMatchObject({
    sample: 'policy',
    label: 'simulator',
    score: 'verifier',
    align: 'trainer',
    sft: 'trainer',
  });
  expect(parts['pair']).toBeUndefined();
});

it('keeps what a service says of itself, without what is empty', () => {
  const engine = common.Engine.fromPartial({
    kind: 'trl',
    version: '1.16.0',
    device: 'cuda',
    processes: 4,
    sharding: 'fsdp2',
  });
  expect(toEngineFacts(engine)).toEqual({
    ...{ kind: 'trl', version: '1.16.0', precision: '', device: 'cuda' },
    ...{ processes: 4, sharding: 'fsdp2' },
  });
});

it('names a service that has another engine than a run, with the remedy, and refuses', () => {
  const engines = {
    policy: { kind: 'vllm', urls: 'http://a', precision: 'float32' },
    trainer: { kind: 'trl', processes: 4 },
  };
  const wanted = parseRunConfig({ ...SMALL_RUN, engines });
  const found = engineMismatches(wanted, 'policy', own);
  expect(found).toEqual([
    {
      field: 'engines.policy.kind',
      description:
        'is vllm, and the generation service has engine: set it to engine, or start that service otherwise',
    },
  ]);
  expect(engineMismatches(wanted, 'simulator', vllm).map(({ field }) => field)).toEqual([
    'engines.simulator.kind',
  ]);
  expect(engineMismatches(wanted, 'policy', vllm).map(({ field }) => field)).toEqual([
    'engines.policy.precision',
  ]);
  const trl = { kind: 'trl', version: '', precision: '', device: '', processes: 2, sharding: 'zero3' };
  expect(engineMismatches(wanted, 'trainer', trl).map(({ field }) => field)).toEqual([
    'engines.trainer.processes',
    'engines.trainer.sharding',
  ]);
  expect(() => {
    requireEngines(found);
  }).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD', violations: found }) as Error);
});

it('takes any engine where a run names none, and services that say nothing', () => {
  expect(engineMismatches(config, 'policy', vllm)).toEqual([]);
  const wanted = parseRunConfig({ ...SMALL_RUN, engines: {} });
  expect(engineMismatches(wanted, 'policy', undefined)).toEqual([]);
  expect(engineMismatches(wanted, 'policy', own)).toEqual([]);
});

it('refuses a service of ours that computes on another device than the run names', () => {
  const engines = { policy: { kind: 'engine', device: 'cuda:1' }, simulator: { kind: 'engine' } };
  const wanted = parseRunConfig({ ...SMALL_RUN, engines });
  expect(engineMismatches(wanted, 'policy', own)).toEqual([
    {
      field: 'engines.policy.device',
      description:
        'is cuda, and the generation service has cpu: set it to cpu, or start that service otherwise',
    },
  ]);
  const onCuda = toEngineFacts(ownEngine({ version: '1', precision: 'float32', device: 'cuda', cores: 2 }));
  expect(engineMismatches(wanted, 'policy', onCuda)).toEqual([]);
  expect(engineMismatches(wanted, 'simulator', onCuda)).toEqual([]);
});

it('takes the precision that a run names for that of a server that says none, so that two never share a result', () => {
  const silent = { kind: 'vllm', version: '0.32.0', precision: '', device: '' };
  const run = (precision: string) =>
    parseRunConfig({ ...SMALL_RUN, engines: { policy: { kind: 'vllm', urls: 'http://a/v1', precision } } });
  const [narrow, wide] = ['bfloat16', 'float32'].map((precision) =>
    withNamedPrecision(run(precision), 'policy', silent),
  );
  expect(narrow).toEqual({ ...silent, precision: 'bfloat16' });
  expect(numbersOf(narrow)).not.toEqual(numbersOf(wide));
  expect(withNamedPrecision(run('float32'), 'policy', { ...silent, precision: 'float16' })?.precision).toBe(
    'float16',
  );
  expect(withNamedPrecision({ engines: undefined }, 'policy', silent)).toEqual(silent);
  expect(withNamedPrecision(run('float32'), 'trainer', silent)).toEqual(silent);
});
