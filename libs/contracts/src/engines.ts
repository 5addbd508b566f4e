import { Engine } from './generated/sipf/common/v1/common.ts';

/** The engines that can do each part of a run's work, this program's own first. */
export const ENGINE_KINDS = {
  policy: ['engine', 'vllm', 'openai'],
  simulator: ['engine', 'vllm', 'openai'],
  verifier: ['engine', 'pooling'],
  trainer: ['engine', 'trl'],
} as const;

/** A part of a run's work that an engine of its own can do. */
export type EngineStage = keyof typeof ENGINE_KINDS;

/** The name of an engine, as configurations and `Info` have it. */
export type EngineKind = (typeof ENGINE_KINDS)[EngineStage][number];

/** This program's own engine, for `Info`. */
export function ownEngine(facts: Pick<Engine, 'version' | 'precision' | 'device'>): Engine {
  return Engine.fromPartial({ ...facts, kind: 'engine' satisfies EngineKind });
}
