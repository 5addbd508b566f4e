import type { EnginesConfig, PrecisionName } from '@sipf/contracts';

/** What an engine computes in, as far as a plan knows. */
export interface PlannedPrecision {
  /** Of an element. */
  readonly bytes: 2 | 4;
  /** For people: its name, and how it is known where nobody has said it. */
  readonly words: string;
  /** Its name, the assumed one too; absent where servers answer several, or weights that are rounded. */
  readonly name?: PrecisionName;
}

const BYTES = { bfloat16: 2, float16: 2, float32: 4 } as const satisfies Record<PrecisionName, number>;
const ASSUMED = 'bfloat16';

/** Bytes of an element of a precision. */
export function bytesOfPrecision(precision: PrecisionName): 2 | 4 {
  return BYTES[precision];
}

/**
 * What a server's weights, keys and values are in: what it answers, else what the configuration wants of it, else bfloat16,
 * which is said.
 * @param answered the words of its servers, e.g. `bfloat16, float32`; of weights that are quantised, their format
 */
export function servedPrecision(
  server: EnginesConfig['policy' | 'verifier'],
  answered: string | undefined,
): PlannedPrecision {
  if (server.kind === 'engine') return named(server.precision ?? 'float32');
  const words = (answered ?? '').split(', ').filter((word) => word !== '');
  const known = words.flatMap((word) => (word in BYTES ? BYTES[word as PrecisionName] : []));
  if (words.length > 0) {
    const bytes = known.includes(4) ? 4 : 2;
    const others = known.length < words.length ? `, counted as ${ASSUMED}` : '';
    const [only] = words.length === 1 && known.length === 1 ? words : [];
    const name = only === undefined ? {} : { name: only as PrecisionName };
    return { bytes, words: `${words.join(' and ')}${others}`, ...name };
  }
  const { precision } = server;
  return precision === undefined
    ? { ...named(ASSUMED), words: `${ASSUMED}, which is assumed` }
    : named(precision);
}

function named(precision: PrecisionName): PlannedPrecision {
  return { bytes: bytesOfPrecision(precision), words: precision, name: precision };
}
