/** Name of a layer's keys or values of the rows themselves, as the decoder graph declares it. */
export function layerCacheName(layer: number, part: 'key' | 'value'): string {
  return `past.${layer}.${part}`;
}

/** Name of a layer's keys or values of the shared prompts. */
export function promptCacheName(layer: number, part: 'key' | 'value'): string {
  return `prompt.${layer}.${part}`;
}
