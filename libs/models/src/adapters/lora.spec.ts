import { createGraph } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { countingPositionIds, rightPaddedAttentionBias } from '../families/attention-bias.ts';
import { decoderForward, linearModules } from '../families/registry.ts';
import { batchOfIds, storedParameters, tinyConfig, tinyParameters } from '../families/testing/index.ts';
import { adaptedModules, type LoraConfig, loraParameterNames, loraParameterShapes } from './lora-config.ts';
import { initialLora, mergeLora, withLora } from './lora.ts';

const config = tinyConfig();
const base = tinyParameters(config);
const modules = linearModules(config);
const lora = (changes: Partial<LoraConfig> = {}): LoraConfig => ({
  rank: 2,
  alpha: 6,
  targetModules: 'all-linear',
  dropout: 0,
  ...changes,
});

/** Adapter tensors none of which is zero. */
function adapterOf(settings: LoraConfig): Map<string, Float32Array> {
  const rng = createRng('adapter');
  const fresh = initialLora(loraParameterShapes(settings, modules), rng);
  return new Map([...fresh].map(([name, values]) => [name, values.map(() => 0.3 * rng.normal())]));
}

async function hiddenOf(
  tensors: ReadonlyMap<string, Float32Array>,
  adapter?: { settings: LoraConfig; tensors: ReadonlyMap<string, Float32Array> },
) {
  const graph = createGraph('hidden');
  const inputIds = graph.input('ids', 'int64', ['B', 'T']);
  const own = storedParameters(graph, tensors);
  const adapted = () =>
    withLora(own, {
      lora: adapter?.settings ?? lora(),
      modules,
      adapterParameters: storedParameters(graph, adapter?.tensors ?? new Map()),
    });
  const { hidden } = decoderForward(config, adapter === undefined ? own : adapted(), {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
  });
  graph.output('hidden', hidden);
  const { hidden: result } = await runGraph(graph, { ids: { shape: [2, 4], data: batchOfIds(8, config) } });
  return result?.data ?? [];
}

function merged(settings: LoraConfig, adapter: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  const tensors = new Map(base);
  for (const module of adaptedModules(settings, [...modules.keys()])) {
    const names = loraParameterNames(module);
    const weight = base.get(`${module}.weight`) ?? new Float32Array();
    const [a, b] = [adapter.get(names.a) ?? new Float32Array(), adapter.get(names.b) ?? new Float32Array()];
    tensors.set(
      `${module}.weight`,
      mergeLora({ weight, a, b }, { rank: settings.rank, scaling: settings.alpha / settings.rank }),
    );
  }
  return tensors;
}

describe('an adapter inside the model', () => {
  it.each([
    ['every linear module', 'all-linear' as const],
    ['q and v alone', ['q_proj', 'v_proj']],
    ['one module', ['layers.1.mlp.up_proj']],
  ])('equals the merged weights on %s', async (_, targetModules) => {
    const settings = lora({ targetModules });
    const tensors = adapterOf(settings);
    const inside = await hiddenOf(base, { settings, tensors });
    const outside = await hiddenOf(merged(settings, tensors));
    inside.forEach((value, index) => {
      expect(value).toBeCloseTo(outside[index] ?? NaN, 4);
    });
    const plain = await hiddenOf(base);
    expect(inside.some((value, index) => Math.abs(value - (plain[index] ?? NaN)) > 0.01)).toBe(true);
  });

  it('changes nothing while it is fresh', async () => {
    const settings = lora();
    const tensors = initialLora(loraParameterShapes(settings, modules), createRng('fresh'));
    expect(await hiddenOf(base, { settings, tensors })).toEqual(await hiddenOf(base));
  });
});

describe('loraParameterShapes', () => {
  it('names the tensors as PEFT does', () => {
    const shapes = loraParameterShapes(lora({ targetModules: ['model.layers.0.mlp.down_proj'] }), modules);
    expect([...shapes]).toEqual([
      ['base_model.model.model.layers.0.mlp.down_proj.lora_A.weight', [2, 12]],
      ['base_model.model.model.layers.0.mlp.down_proj.lora_B.weight', [8, 2]],
    ]);
  });

  it('refuses a target that no module has, naming it', () => {
    const call = () => loraParameterShapes(lora({ targetModules: ['q_proj', 'c_attn'] }), modules);
    expect(call).toThrow(expect.objectContaining({ reason: 'LORA_TARGET_NOT_FOUND' }) as Error);
    expect(call).toThrow(/c_attn/);
    expect(() => adaptedModules(lora({ targetModules: [] }), ['a'])).toThrow(/at least one target/);
  });

  it('matches whole parts of a name only', () => {
    expect(adaptedModules(lora({ targetModules: ['proj'] }), ['a.proj', 'a.q_proj'])).toEqual(['a.proj']);
  });
});
