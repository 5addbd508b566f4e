import { SipfError } from '@sipf/errors';
import type { ExternalData } from '@sipf/graph';
import {
  type DecoderConfig,
  linearModules,
  lmHeadNames,
  type LoraConfig,
  loraParameterShapes,
  parameterShapes,
  savedParameters,
  verifierHead,
  verifierHeadNames,
} from '@sipf/models';
import { layOutState, type StateLayout } from './state-layout.ts';

/** Which parameters a training changes. */
export type Trainable =
  | { readonly kind: 'full' }
  /** Only a verifier's score head: the decoder, and with it the confidence that the head sees, stays as it is. */
  | { readonly kind: 'head' }
  | {
      readonly kind: 'lora';
      readonly lora: LoraConfig;
      /**
       * Modules without an adapter that are trained whole, such as `embed_tokens` and `lm_head`, see savedParameters.
       * @default none
       */
      readonly modulesToSave?: readonly string[];
    };

/** A frozen parameter's values, to be stored in the model; float32 row-major. */
export type ReadFrozen = (name: string) => Float32Array;

/** Where a frozen parameter's bytes lie outside the model; undefined for one that is to be stored in it. */
export type PlaceFrozen = (name: string) => ExternalData | undefined;

/** What a base tensor is called inside an adapter that replaces it as a whole. */
export const ADAPTER_PREFIX = 'base_model.model.';

/**
 * The trainable tensors, one after the other. `full`: every tensor by Hugging Face name, but for a verifier's LM head,
 * which only feeds the confidence and gets no gradient. `lora`: the adapter's tensors by PEFT name, and for a
 * verifier the head's, and whatever modules are to be saved whole, under the names that PEFT gives to such.
 * @throws SipfError where a target of the adapter or a module to be saved matches nothing; NOT_A_VERIFIER for the head of a
 * language model
 */
export function trainableLayout(config: DecoderConfig, trainable: Trainable): StateLayout {
  const base = parameterShapes(config);
  if (trainable.kind === 'full') {
    if (config.head !== 'lm') for (const name of lmHeadNames(config)) base.delete(name);
    return layOutState(base);
  }
  if (trainable.kind === 'head') return layOutState(headShapes(config, base));
  const shapes = loraParameterShapes(trainable.lora, linearModules(config));
  const whole = [
    ...(config.head === 'lm' ? [] : verifierHeadNames(config)),
    ...(trainable.modulesToSave ?? []).flatMap((module) => tensorsOf(config, module)),
  ];
  for (const name of whole) shapes.set(ADAPTER_PREFIX + name, base.get(name) ?? []);
  return layOutState(shapes);
}

/** The tensors of the modules that PEFT means by this name, none of which is linear within a layer. */
function tensorsOf(config: DecoderConfig, module: string): string[] {
  const names = savedParameters(config, [module]);
  const adaptable = new Set([...linearModules(config).keys()].map((name) => `${name}.weight`));
  const linear = names.find((name) => adaptable.has(name));
  if (linear !== undefined) throw notWhole(module, `holds ${linear}, which an adapter can attach to`);
  if (names.length > 0) return names;
  const why = module === 'lm_head' && config.tieWordEmbeddings ? '; it is tied to embed_tokens' : '';
  throw notWhole(module, `matches nothing${why}`);
}

function notWhole(module: string, why: string): SipfError {
  return new SipfError('invalid-argument', `the model has no module ${module} to train whole: it ${why}`, {
    reason: 'LORA_TARGET_NOT_FOUND',
    violations: [{ field: 'trainable.modulesToSave', description: `${module} ${why}` }],
  });
}

function headShapes(
  config: DecoderConfig,
  base: ReadonlyMap<string, readonly number[]>,
): Map<string, readonly number[]> {
  verifierHead(config);
  return new Map(verifierHeadNames(config).map((name) => [name, base.get(name) ?? []]));
}

/** The Hugging Face names of the parameters that stay as they are. */
export function frozenParameters(
  config: DecoderConfig,
  trainable: Trainable,
): Map<string, readonly number[]> {
  const trained = new Set(trainableLayout(config, trainable).slots.map(({ name }) => name));
  return new Map(
    [...parameterShapes(config)].filter(
      ([name]) => !trained.has(name) && !trained.has(ADAPTER_PREFIX + name),
    ),
  );
}
