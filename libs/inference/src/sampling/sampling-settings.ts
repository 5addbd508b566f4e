import { SipfError, type FieldViolation } from '@sipf/errors';

/** How the next token is chosen and when a sample ends. */
export interface SamplingSettings {
  /** Always the most probable token (the lowest id among equals); the four settings below are then ignored. @default false */
  readonly greedy?: boolean;
  /** Divides the logits; above 0. @default 1 */
  readonly temperature?: number;
  /** Keeps the k most probable tokens and those equal to the k-th; 0 keeps all. @default 0 */
  readonly topK?: number;
  /** Keeps the smallest set of most probable tokens whose mass reaches p, in (0, 1]. @default 1 */
  readonly topP?: number;
  /** Drops tokens less probable than this share of the most probable one, in [0, 1]. @default 0 */
  readonly minP?: number;
  /** Above 1 makes the tokens of prompt and completion less likely, greedy or not, see penaliseRepetition. @default 1 */
  readonly repetitionPenalty?: number;
  /** Longest completion in tokens, the end token included; 0 only where the prompt alone is asked for. */
  readonly maxNewTokens: number;
  /** The sample ends where one of these first occurs; the text is cut before it. @default [] */
  readonly stopStrings?: readonly string[];
  /** Token ids that end a sample. @default the model's own */
  readonly stopTokenIds?: readonly number[];
}

/** {@link SamplingSettings} with every default filled in. */
export type ResolvedSampling = Required<Omit<SamplingSettings, 'stopTokenIds'>> & {
  readonly stopTokenIds: readonly number[];
};

/**
 * Fills in defaults.
 * @param modelStopTokenIds The model's own end tokens.
 * @throws SipfError invalid-argument SAMPLING_INVALID naming every wrong field
 */
export function resolveSampling(
  settings: SamplingSettings,
  modelStopTokenIds: readonly number[],
): ResolvedSampling {
  const resolved: ResolvedSampling = {
    greedy: settings.greedy ?? false,
    temperature: settings.temperature ?? 1,
    topK: settings.topK ?? 0,
    topP: settings.topP ?? 1,
    minP: settings.minP ?? 0,
    repetitionPenalty: settings.repetitionPenalty ?? 1,
    maxNewTokens: settings.maxNewTokens,
    stopStrings: settings.stopStrings ?? [],
    stopTokenIds: settings.stopTokenIds ?? modelStopTokenIds,
  };
  const violations = samplingViolations(resolved);
  if (violations.length > 0) {
    const listed = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
    throw new SipfError('invalid-argument', `sampling settings: ${listed}`, {
      reason: 'SAMPLING_INVALID',
      violations,
    });
  }
  return resolved;
}

function samplingViolations(settings: ResolvedSampling): FieldViolation[] {
  const { greedy, temperature, topK, topP, minP, repetitionPenalty, maxNewTokens, stopStrings } = settings;
  const violations: FieldViolation[] = [];
  const check = (holds: boolean, field: string, description: string): void => {
    if (!holds) violations.push({ field: `sampling.${field}`, description });
  };
  if (!greedy) {
    check(
      Number.isFinite(temperature) && temperature > 0,
      'temperature',
      `must be above 0, got ${temperature}`,
    );
    check(Number.isInteger(topK) && topK >= 0, 'topK', `must be an integer of at least 0, got ${topK}`);
    check(topP > 0 && topP <= 1, 'topP', `must be in (0, 1], got ${topP}`);
    check(minP >= 0 && minP <= 1, 'minP', `must be in [0, 1], got ${minP}`);
  }
  check(
    Number.isFinite(repetitionPenalty) && repetitionPenalty > 0,
    'repetitionPenalty',
    `must be above 0, got ${repetitionPenalty}`,
  );
  check(
    Number.isInteger(maxNewTokens) && maxNewTokens >= 0,
    'maxNewTokens',
    `must be an integer of at least 0, got ${maxNewTokens}`,
  );
  check(!stopStrings.includes(''), 'stopStrings', 'must not hold an empty string');
  return violations;
}

/**
 * How a row's next token is chosen: `greedy`, `drawn` (temperature 1) and `tempered` rows read what the graph computed (arg
 * max, softmax), `filtered` rows get their logits and are filtered outside the graph.
 */
export type SamplingKind = 'greedy' | 'drawn' | 'tempered' | 'filtered';

/** The way of choosing that these settings need. */
export function samplingKind(settings: ResolvedSampling): SamplingKind {
  const { greedy, temperature, topK, topP, minP, repetitionPenalty } = settings;
  if (repetitionPenalty !== 1) return 'filtered';
  if (greedy) return 'greedy';
  if (topK !== 0 || topP !== 1 || minP !== 0) return 'filtered';
  return temperature === 1 ? 'drawn' : 'tempered';
}
