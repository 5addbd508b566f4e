import {
  linearModules,
  loadAdapterFolder,
  loraParameterNames,
  PEFT_PREFIX,
  type AdapterFolder,
  type DecoderConfig,
} from '@sipf/models';
import { sessionTensor, type SessionTensor } from '../session/session.ts';
import { A_SCALE, adapterInputNames, bScale, savedInputName, type AdapterForm } from './adapter-inputs.ts';
import { configWithAdapter } from './merged-weights.ts';
import type { ModelFacts } from './model-source.ts';
import type { OpenModel } from './open-model.ts';

/** An adapter in memory, ready to be fed to a session over its base. */
export interface OpenAdapter extends AdapterForm {
  /** By input name; every linear module has its two. */
  readonly tensors: ReadonlyMap<string, SessionTensor>;
  /** Of base and adapter together. */
  readonly facts: ModelFacts;
}

/** Reads a PEFT folder for a base. @throws SipfError as loadAdapterFolder and configWithAdapter do */
export async function openAdapter(base: OpenModel, folder: string): Promise<OpenAdapter> {
  const config = configWithAdapter(base.config, folder);
  const adapter = await loadAdapterFolder(folder, { config, digest: base.facts.digest ?? '' });
  try {
    const digest = `${base.facts.digest ?? ''}+${adapter.digest}`;
    return {
      config,
      savedTensors: adapter.savedTensors.toSorted(),
      tensors: new Map([...lowRankTensors(config, adapter), ...savedTensorsOf(adapter)]),
      facts: { ...base.facts, config, digest },
    };
  } finally {
    adapter.close();
  }
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
  const { rank, alpha } = lora;
  for (const [module, shape] of linearModules(config)) {
    const names = loraParameterNames(module);
    if (!tensors.has(names.a)) {
      yield* pair(module, shape, { rank: 0, a: NONE, b: NONE });
      continue;
    }
    const a = tensors.float32(names.a).map((value) => A_SCALE * value);
    const b = tensors.float32(names.b).map((value) => bScale(alpha / rank) * value);
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

function savedTensorsOf({ tensors, savedTensors }: AdapterFolder): [string, SessionTensor][] {
  return savedTensors.map((name) => {
    const stored = PEFT_PREFIX + name;
    return [savedInputName(name), sessionTensor('float32', tensors.shape(stored), tensors.float32(stored))];
  });
}
