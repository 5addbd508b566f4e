/** The values that a number may have: from `min` to `max`, both included. */
export interface Bound {
  readonly min: number;
  readonly max: number;
  /** Whether only integers are values. */
  readonly isWhole: boolean;
  /** Whether 0 is a value too, where it is under `min`. */
  readonly orZero?: boolean;
}

const whole = (min: number, max: number): Bound => ({ min, max, isWhole: true });
const real = (min: number, max: number): Bound => ({ min, max, isWhole: false });

/** Largest 32-bit counter that every runtime reads alike; also the longest wait that a timer of Node takes, in ms. */
const MAX_INT = 2 ** 31 - 1;

/**
 * What every number that a run, a request or a flag may set can be. The run's configuration, the requests' validation and the
 * command line read this one table, so that nothing is accepted by the first that a later one refuses. Lower ends over 0 keep a
 * value from becoming 0, or infinite by division, in float32, which graphs compute in.
 */
export const BOUNDS = {
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  iterations: whole(0, 100),
  /** Problems of a split that is generated or read. */
  problems: whole(1, 10_000_000),

  // Optimisation.
  learningRate: real(1e-12, 10),
  batchSize: whole(1, 65_536),
  /** At most the batch size beside, see `RELATIONS`. */
  accumulation: whole(1, 65_536),
  epochs: real(1e-6, 1e6),
  maxSteps: whole(1, 1_000_000_000),
  warmupRatio: real(0, 1),
  weightDecay: real(0, 10),
  maxGradNorm: { ...real(1e-9, 1e9), orZero: true },
  beta1: real(0, 0.999_999),
  beta2: real(0, 0.999_999_999),
  epsilon: real(1e-30, 1),
  maxSequenceTokens: whole(2, 1 << 20),
  vocabularyPiece: whole(1, 1 << 24),

  // Objectives.
  lambda: real(0, 1e6),
  beta: real(1e-9, 1e6),
  nllWeight: real(0, 1e6),

  // Adapters.
  loraRank: whole(1, 4096),
  loraAlpha: real(1e-6, 1e6),
  loraDropout: real(0, 0.95),

  // A model's shape.
  hiddenSize: whole(2, 1 << 17),
  intermediateSize: whole(1, 1 << 20),
  numHiddenLayers: whole(1, 4096),
  numAttentionHeads: whole(1, 4096),
  maxPositionEmbeddings: whole(2, 1 << 30),
  ropeTheta: real(1e-6, 1e12),
  /** As config.json's `head_dim` is bounded. */
  headWidth: whole(1, 1 << 14),

  // How tokens are drawn.
  temperature: real(1e-6, 100),
  topK: whole(0, MAX_INT),
  topP: real(1e-6, 1),
  minP: real(0, 1),
  repetitionPenalty: real(1e-3, 10),
  maxNewTokens: whole(1, 65_536),
  /** Samples, or roll-outs, of one prompt. */
  samples: whole(1, 1024),
  /** Under the roll-outs beside, see `RELATIONS`. */
  tau: whole(0, 1023),

  // Paths, labels, pairs.
  quota: whole(0, MAX_INT),
  pathsPerQuestion: whole(1, MAX_INT),
  duplicateThreshold: real(0, 1),
  minReward: real(0, 1),
  /** Of roll-outs of one step, of which half at least agree. */
  minAgreement: { ...real(0.5, 1), orZero: true },
  /** No reward is over another by 1 and more. */
  margin: real(0, 0.999_999),
  pairs: whole(1, MAX_INT),

  /** Whatever is counted, from one on or from none. */
  count: whole(1, MAX_INT),
  /** Servers of a cluster of NATS that keep one thing. */
  replicas: whole(1, 5),
  countOrNone: whole(0, MAX_INT),
  share: real(0, 1),
  hours: real(0, 1e6),
  days: real(1e-6, 1e6),
  port: whole(0, 65_535),

  // Work at the same time.
  concurrency: whole(1, 4096),
  /** Prompts, paths or rows of one request. */
  itemsPerCall: whole(1, 4096),
  timeoutMs: whole(1, MAX_INT),
  /** What a timer can wait. */
  seconds: real(0.001, Math.floor(MAX_INT / 1000)),
} as const satisfies Readonly<Record<string, Bound>>;

export function isWithin(value: number, { min, max, isWhole, orZero = false }: Bound): boolean {
  if (isWhole && !Number.isInteger(value)) return false;
  return (value >= min && value <= max) || (orZero && value === 0);
}

/** E.g. `an integer from 1 to 4096`, `0 or a number from 1e-9 to 1000000000`. */
export function describeBound({ min, max, isWhole, orZero = false }: Bound): string {
  return `${orZero && min > 0 ? '0 or ' : ''}${isWhole ? 'an integer' : 'a number'} from ${min} to ${max}`;
}

/** What a help text says of a bound beside a description, e.g. `1 to 4096`, `0, or 1e-9 to 1e9`, `at least 1`. */
export function rangeOf({ min, max, orZero = false }: Bound): string {
  const range = max < MAX_INT ? `${shortly(min)} to ${shortly(max)}` : `at least ${shortly(min)}`;
  return `${orZero && min > 0 ? '0, or ' : ''}${range}`;
}

/** A number in few characters: `0.001`, `5e-5`, `65536`, `1e9`. */
export function shortly(value: number): string {
  const [plain, exponent] = [String(value), value.toExponential().replace('+', '')];
  return exponent.length + 1 < plain.length ? exponent : plain;
}

/** The same with 0 for "not given", as messages without optional fields have it. */
export function withZero(bound: Bound): Bound {
  return { ...bound, orZero: true };
}

/** The same with other ends, where these depend on another value. */
export function within(bound: Bound, ends: Partial<Pick<Bound, 'min' | 'max'>>): Bound {
  return { ...bound, ...ends };
}
