import { BOUNDS, within, type Bound } from './bounds.ts';
import { kindOf, type DeviceName } from './devices.ts';
import { Engine } from './generated/sipf/common/v1/common.ts';
import type { quantisationNamed, verifierHeadNamed } from './training-names.ts';

/** The engines that can do each part of a run's work, this program's own first. */
const ENGINE_KINDS = {
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

/** The address, in an orchestrator's settings, of a service that none of its runs asks. */
export const NO_SERVICE = 'none';

/**
 * The ranks that vLLM (0.32) takes as its `--max-lora-rank`, and no others; an adapter may have any rank up to the one that is
 * set.
 */
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
  readonly vllm: { readonly temperature: Bound };
  readonly openai: { readonly temperature: Bound; readonly stopStrings: number };
} = {
  trl: {
    adapterQuantisation: ['none', 'nf4', 'nf4-double'],
    headQuantisation: ['none', 'nf4', 'nf4-double'],
  },
  // The other head reads the language model's log-probabilities, which a pooling server does not give.
  pooling: { heads: ['hidden'] },
  // It draws at 0.01 where less is asked for, and refuses more than 2.
  vllm: { temperature: within(BOUNDS.temperature, { min: 0.01, max: 2 }) },
  openai: { temperature: within(BOUNDS.temperature, { max: 2 }), stopStrings: 4 },
};

/** Releases of the engines of others that our suites run against, by the beginning of their versions; others may well do. */
const TESTED_RELEASES: Readonly<Partial<Record<EngineKind, readonly string[]>>> = {
  vllm: ['0.32.'],
  pooling: ['0.32.'],
  trl: ['1.16.'],
};

/**
 * The releases of an engine that our suites run against, for people; undefined for our own and for any server of OpenAI's API.
 */
export function testedReleases(kind: EngineKind): string | undefined {
  return TESTED_RELEASES[kind]?.map((release) => `${release}x`).join(', ');
}

/** Whether a version of an engine is one of those, or none is tested. */
export function isTestedVersion(kind: EngineKind, version: string): boolean {
  return TESTED_RELEASES[kind]?.some((release) => version.startsWith(release)) ?? true;
}

/** What computes within this program. */
interface OwnEngine extends Pick<Engine, 'version' | 'precision'> {
  readonly device: DeviceName;
  /** Cores that it may use. */
  readonly cores: number;
  /** Where what it holds is computed, for people. @default nothing is known of it */
  readonly placements?: readonly string[];
}

/**
 * How the engine rounds weights, by the precision that `Info` names: one that rounds otherwise gets a higher number here, and
 * stages that were computed with the one before are computed again.
 */
const ROUNDING: Readonly<Record<string, string>> = { int8: '2', int4: '5' };

/**
 * This program's own engine, for `Info`; a device other than the CPU rounds otherwise, and is among the facts, as how weights are
 * rounded is.
 */
export function ownEngine({ version, precision, device, cores, placements = [] }: OwnEngine): Engine {
  const kind = kindOf(device);
  const rounding = ROUNDING[precision];
  const where = kind === 'cpu' ? `cpu x ${cores}` : [...new Set(placements)].join('; ') || device;
  return Engine.fromPartial({
    ...{ version, precision, device: where, kind: 'engine' satisfies EngineKind },
    facts: {
      ...(kind === 'cpu' ? {} : { device: kind }),
      ...(rounding === undefined ? {} : { rounding }),
    },
  });
}
