/** Name of a layer's keys or values of the rows themselves, as the decoder graph declares it. */
export function layerCacheName(layer: number, part: 'key' | 'value'): string {
  return `past.${layer}.${part}`;
}

/** Name of a layer's keys or values of the shared prompts. */
export function promptCacheName(layer: number, part: 'key' | 'value'): string {
  return `prompt.${layer}.${part}`;
}

/** Name of a layer's keys or values of the rows after a step, where they stay on the device. */
export function nextCacheName(layer: number, part: 'key' | 'value'): string {
  return `next.${layer}.${part}`;
}

/** All layers' names of one kind, each layer's keys before its values. */
export function cacheNames(layers: number, name: (layer: number, part: 'key' | 'value') => string): string[] {
  return Array.from({ length: layers }, (_, layer) => [name(layer, 'key'), name(layer, 'value')]).flat();
}
