/** Frequencies of YaRN as transformers 5.18 computes them in float32 (`ROPE_INIT_FUNCTIONS['yarn']`), with their settings. */
export const YARN_REFERENCE = [
  {
    headDim: 16,
    rope: { rope_type: 'yarn', rope_theta: 10000.0, factor: 4.0, original_max_position_embeddings: 64 },
    inverse: [
      1.0, 0.23717081546783447, 0.04999999701976776, 0.007905694656074047, 0.0024999999441206455,
      0.0007905694656074047, 0.0002500000118743628, 7.905694656074047e-5,
    ],
    attentionFactor: 1.138629436111989,
  },
  {
    headDim: 16,
    rope: {
      rope_type: 'yarn',
      rope_theta: 1000000.0,
      factor: 8.0,
      original_max_position_embeddings: 256,
      beta_fast: 16.0,
      beta_slow: 2.0,
      truncate: false,
    },
    inverse: [
      1.0, 0.11854755133390427, 0.0039528473280370235, 0.0007029266562312841, 0.0001250000059371814,
      2.2228492525755428e-5, 3.9528467823402025e-6, 7.029266839708725e-7,
    ],
    attentionFactor: 1.2079441541679836,
  },
  {
    headDim: 8,
    rope: {
      rope_type: 'yarn',
      rope_theta: 10000.0,
      factor: 40.0,
      original_max_position_embeddings: 4096,
      mscale: 1.0,
      mscale_all_dim: 0.8,
    },
    inverse: [1.0, 0.10000000149011612, 0.005124999675899744, 2.499999936844688e-5],
    attentionFactor: 1.0569662567531275,
  },
] as const;
