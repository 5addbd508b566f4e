import { Engine } from './generated/sipf/common/v1/common.ts';
import type { quantisationNamed, verifierHeadNamed } from './training-names.ts';

/** The engines that can do each part of a run's work, this program's own first. */
export const ENGINE_KINDS = {
  policy: ['engine', 'vllm', 'openai'],
  simulator: ['engine', 'vllm', 'openai'],
  verifier: ['engine', 'pooling'],
  trainer: ['engine', 'trl'],
} as const;

/** A part of a run's work that an engine of its own can do. */
export type EnginePart = keyof typeof ENGINE_KINDS;

/** The name of an engine, as configurations and `Info` have it. */
export type EngineKind = (typeof ENGINE_KINDS)[EnginePart][number];

/** The service that does each part of a run's work. */
export const SERVICE_OF_PART = {
  policy: 'generation',
  simulator: 'simulation',
  verifier: 'verification',
  trainer: 'training',
} as const satisfies Readonly<Record<EnginePart, string>>;

/** The ranks that vLLM (0.32) takes as its `--max-lora-rank`, and no others; an adapter may have any rank up to the one that is set. */
export const VLLM_LORA_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512] as const;

/** What the engines of others take of settings whose every value our own engine takes. */
export const ENGINE_TAKES: {
  readonly trl: {
    /** Of `lora.quantisation`: what bitsandbytes has. */
    readonly adapterQuantisation: readonly (keyof typeof quantisationNamed)[];
    /** Of `reward_model.quantisation`, where the head alone is trained. */
    readonly headQuantisation: readonly (keyof typeof quantisationNamed)[];
  };
  readonly pooling: { readonly heads: readonly (keyof typeof verifierHeadNamed)[] };
} = {
  trl: {
    adapterQuantisation: ['none', 'nf4', 'nf4-double'],
    headQuantisation: ['none', 'nf4', 'nf4-double'],
  },
  // The other head reads the language model's log-probabilities, which a pooling server does not give.
  pooling: { heads: ['hidden'] },
};

/** This program's own engine, for `Info`. */
export function ownEngine(facts: Pick<Engine, 'version' | 'precision' | 'device'>): Engine {
  return Engine.fromPartial({ ...facts, kind: 'engine' satisfies EngineKind });
}
