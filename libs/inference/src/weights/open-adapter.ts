import {
  adaptedModules,
  linearModules,
  loadAdapterFolder,
  loraParameterNames,
  moduleLoras,
  parameterShapes,
  type AdapterFolder,
  type DecoderConfig,
} from '@sipf/models';
import { sessionTensor, type SessionTensor } from '../session/session.ts';
import { A_SCALE, adapterInputNames, bScale, savedInputName, type AdapterForm } from './adapter-inputs.ts';
import type { ReadWeight } from './decoder-weights.ts';
import { configWithAdapter, mergedWeights } from './merged-weights.ts';
import type { ModelFacts } from './model-source.ts';
import type { OpenModel } from './open-model.ts';

/** An adapter in memory, ready to be fed to a session over its base. */
export interface OpenAdapter extends AdapterForm {
  /** By input name; every linear module has its two. */
  readonly tensors: ReadonlyMap<string, SessionTensor>;
  /** Of base and adapter together. */
  readonly facts: ModelFacts;
}

/**
 * Reads a PEFT folder for a base. A DoRA is not a sum of products; it replaces the weights of its modules.
 * @throws SipfError as loadAdapterFolder and configWithAdapter do
 */
export async function openAdapter(base: OpenModel, folder: string): Promise<OpenAdapter> {
  const config = configWithAdapter(base.config, folder);
  const adapter = await loadAdapterFolder(folder, { config, digest: base.facts.digest ?? '' });
  try {
    const digest = `${base.facts.digest ?? ''}+${adapter.digest}`;
    const replaced = replacedTensors(config, adapter);
    const read = mergedWeights({ config, read: base.read }, adapter);
    return {
      config,
      savedTensors: replaced.toSorted(),
      tensors: new Map([...lowRankTensors(config, adapter), ...wholeTensors(config, replaced, read)]),
      facts: { ...base.facts, config, digest },
    };
  } finally {
    adapter.close();
  }
}

function replacedTensors(config: DecoderConfig, { lora, savedTensors }: AdapterFolder): string[] {
  if (lora.decomposed !== true) return [...savedTensors];
  const modules = adaptedModules(lora, [...linearModules(config).keys()]);
  return [...savedTensors, ...modules.map((module) => `${module}.weight`)];
}

/** The inputs of a base without an adapter: rank 0 everywhere. */
export function withoutAdapter(config: DecoderConfig): ReadonlyMap<string, SessionTensor> {
  return new Map(
    [...linearModules(config)].flatMap(([module, shape]) =>
      pair(module, shape, { rank: 0, a: NONE, b: NONE }),
    ),
  );
}

const NONE = new Float32Array();

function* lowRankTensors(
  config: DecoderConfig,
  { tensors, lora }: AdapterFolder,
): Generator<[string, SessionTensor]> {
  const modules = linearModules(config);
  const adapted = lora.decomposed === true ? undefined : moduleLoras(lora, [...modules.keys()]);
  for (const [module, shape] of modules) {
    const own = adapted?.get(module);
    if (own === undefined) {
      yield* pair(module, shape, { rank: 0, a: NONE, b: NONE });
      continue;
    }
    const { rank, scaling } = own;
    const names = loraParameterNames(module);
    const a = tensors.float32(names.a).map((value) => A_SCALE * value);
    const b = tensors.float32(names.b).map((value) => bScale(scaling) * value);
    yield* pair(module, shape, { rank, a, b });
  }
}

function pair(
  module: string,
  [out, width]: readonly [number, number],
  { rank, a, b }: { readonly rank: number; readonly a: Float32Array; readonly b: Float32Array },
): [string, SessionTensor][] {
  const names = adapterInputNames(module);
  return [
    [names.a, sessionTensor('float32', [rank, width], a)],
    [names.b, sessionTensor('float32', [out, rank], b)],
  ];
}

function wholeTensors(
  config: DecoderConfig,
  names: readonly string[],
  read: ReadWeight,
): [string, SessionTensor][] {
  const shapes = parameterShapes(config);
  return names.map((name) => [
    savedInputName(name),
    sessionTensor('float32', shapes.get(name) ?? [], read(name)),
  ]);
}
