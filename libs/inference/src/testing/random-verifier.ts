import type { DecoderConfig, VerifierFeatures } from '@sipf/models';
import { RECIPE_POLICY } from './random-model.ts';

/** The bundled task's policy with a two-label head on every token. */
export function verifierConfig(features: VerifierFeatures): DecoderConfig {
  return { ...RECIPE_POLICY, head: { kind: 'token-classification', numLabels: 2, features } };
}
