import { z } from 'zod';
import { size } from './common-fields.ts';
import { invalidConfig } from './config-format.ts';
import type { DecoderConfig } from './decoder-config.ts';

const SLIDING = 'sliding_attention';
const FULL = 'full_attention';

/** The fields of a family whose layers may have a sliding window. */
export const windowFields = {
  sliding_window: size(1 << 30).nullish(),
  layer_types: z.array(z.enum([SLIDING, FULL])).nullish(),
};

/** The fields of the Qwen families: the window is off unless it is switched on, and the first layers have none. */
export const switchedWindowFields = {
  ...windowFields,
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.int().min(0).default(28),
};

interface WindowFields {
  readonly num_hidden_layers: number;
  readonly sliding_window?: number | null | undefined;
  readonly layer_types?: readonly string[] | null | undefined;
}

/**
 * The window of every layer, left out where none has one. `slides` says of a layer whether it has it where the file
 * does not name the layers' types.
 *
 * @throws SipfError failed-precondition MODEL_CONFIG_INVALID where the types are not one a layer, or name a window that
 * has no width
 */
export function readWindows(
  raw: WindowFields,
  slides: (layer: number) => boolean,
): Pick<DecoderConfig, 'layerWindows'> {
  const { num_hidden_layers: layers, sliding_window: window, layer_types: types } = raw;
  if (types && types.length !== layers) {
    const description = `names ${types.length} layers, num_hidden_layers is ${layers}`;
    throw invalidConfig('layer_types', description);
  }
  if (types?.includes(SLIDING) === true && (window ?? null) === null) {
    throw invalidConfig('sliding_window', `is missing, layer_types has ${SLIDING}`);
  }
  const layerWindows = Array.from({ length: layers }, (_, layer) => {
    const sliding = types ? types[layer] === SLIDING : slides(layer);
    return sliding ? (window ?? null) : null;
  });
  return layerWindows.some((size) => size !== null) ? { layerWindows } : {};
}

/**
 * {@link readWindows} for {@link windowFields}, of which transformers does not read the types.
 * @throws SipfError failed-precondition MODEL_CONFIG_INVALID where the types say otherwise
 */
export function readUniformWindow(raw: WindowFields): Pick<DecoderConfig, 'layerWindows'> {
  const uniform = (raw.sliding_window ?? null) === null ? FULL : SLIDING;
  if (raw.layer_types?.some((type) => type !== uniform) === true) {
    throw invalidConfig('layer_types', `must be ${uniform} for every layer, as sliding_window says`);
  }
  return readWindows(raw, () => true);
}

/** {@link readWindows} where the window may be switched off. @throws SipfError as that; where layers have it nevertheless */
export function readSwitchedWindows(
  raw: WindowFields & { readonly use_sliding_window: boolean },
  slides: (layer: number) => boolean,
): Pick<DecoderConfig, 'layerWindows'> {
  if (raw.use_sliding_window) return readWindows(raw, slides);
  if (raw.layer_types?.includes(SLIDING) !== true) return {};
  throw invalidConfig('use_sliding_window', `is false, layer_types has ${SLIDING}`);
}

/** `sliding_window` of a configuration; null where no layer has one. */
export function writeWindow({ layerWindows = [] }: DecoderConfig): Record<string, unknown> {
  return { sliding_window: layerWindows.find((size) => size !== null) ?? null };
}

/** `sliding_window` and the type of every layer. */
export function writeWindows(config: DecoderConfig): Record<string, unknown> {
  const types = Array.from({ length: config.numHiddenLayers }, (_, layer) =>
    (config.layerWindows?.[layer] ?? null) === null ? FULL : SLIDING,
  );
  return { ...writeWindow(config), layer_types: types };
}

/** {@link switchedWindowFields} of a configuration. */
export function writeSwitchedWindows(config: DecoderConfig): Record<string, unknown> {
  const types = writeWindows(config);
  const first = config.layerWindows?.findIndex((size) => size !== null) ?? -1;
  return {
    ...types,
    use_sliding_window: first >= 0,
    max_window_layers: first < 0 ? config.numHiddenLayers : first,
  };
}
