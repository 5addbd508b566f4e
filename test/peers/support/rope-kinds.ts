/** Every kind of RoPE as config.json spells it, for sequences that are trained to 8 tokens; `pairs` are rotated in a head. */
export function ropeKinds(pairs: number): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const original = { original_max_position_embeddings: 8 };
  const each = (factor: (pair: number) => number) => Array.from({ length: pairs }, (_, pair) => factor(pair));
  const longrope = {
    rope_type: 'longrope',
    ...original,
    short_factor: each((pair) => 1 + pair),
    long_factor: each((pair) => 2 + 2.5 * pair),
  };
  return {
    default: { rope_type: 'default' },
    linear: { rope_type: 'linear', factor: 2 },
    dynamic: { rope_type: 'dynamic', factor: 4 },
    llama3: { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, ...original },
    yarn: { rope_type: 'yarn', factor: 4, ...original },
    'yarn of fractions': {
      rope_type: 'yarn',
      factor: 4,
      truncate: false,
      beta_fast: 4,
      mscale: 1,
      mscale_all_dim: 0.5,
      ...original,
    },
    longrope,
    'longrope with a factor': { ...longrope, factor: 3 },
    'longrope with an attention factor': { ...longrope, attention_factor: 2 },
  };
}
