import { SipfError, type FieldViolation } from '@sipf/errors';
import { longestContinuation } from '@sipf/models';
import {
  resolveSampling,
  type ResolvedSampling,
  type SamplingSettings,
} from '../sampling/sampling-settings.ts';
import type { ModelFacts } from '../weights/model-source.ts';

/** A prompt and how many samples of it are wanted. */
export interface GenerationRequest {
  /** At least one token; BOS, where the model wants it, is the caller's to add. */
  readonly promptIds: readonly number[];
  /**
   * What `promptIds` were read from, by the model's own tokenizer with its special tokens, for servers that take texts;
   * undefined for tokens alone.
   */
  readonly promptText?: string | undefined;
  /** Number of samples, at least 1. @default 1 */
  readonly n?: number;
  readonly sampling: SamplingSettings;
  /** Together with `key` and the sample's index the only source of randomness. */
  readonly seed: string | number;
  /** Separates the random streams of requests that share a seed, e.g. the question's id. @default '' */
  readonly key?: string;
  /** Index of the first sample, so that more samples of a prompt continue the earlier ones. @default 0 */
  readonly firstSampleIndex?: number;
  /** Whether its samples are reported piece by piece too, see GenerateOptions. @default false */
  readonly pieces?: boolean | undefined;
  /** Most probable tokens to report beside every token whose log-probability is reported. @default 0 */
  readonly topLogProbs?: number | undefined;
  /** Whether every sample reports the prompt's own log-probabilities; `maxNewTokens` may be 0 then. @default false */
  readonly promptLogProbs?: boolean | undefined;
}

/** A request that is checked and complete, as whatever samples it gets it. */
export interface ResolvedRequest {
  /** Position of the request among those given to its call. */
  readonly requestIndex: number;
  readonly promptIds: readonly number[];
  readonly promptText: string | undefined;
  readonly n: number;
  readonly firstSampleIndex: number;
  readonly sampling: ResolvedSampling;
  readonly seed: string;
  readonly key: string;
  readonly pieces: boolean;
  readonly topLogProbs: number;
  readonly promptLogProbs: boolean;
  /** What the worker calls the adapter; undefined for the base alone. */
  readonly adapter?: string | undefined;
}

/**
 * Checks requests against the model and fills in their defaults, in the order in which they come.
 * @throws SipfError invalid-argument SAMPLING_INVALID, or GENERATION_REQUEST_INVALID naming every wrong field
 */
export async function* resolveRequests(
  requests: Iterable<GenerationRequest> | AsyncIterable<GenerationRequest>,
  facts: ModelFacts,
): AsyncGenerator<ResolvedRequest, void, undefined> {
  let requestIndex = 0;
  for await (const request of requests) yield resolve(request, requestIndex++, facts);
}

function resolve(request: GenerationRequest, requestIndex: number, facts: ModelFacts): ResolvedRequest {
  const resolved = {
    requestIndex,
    promptIds: request.promptIds,
    promptText: request.promptText,
    n: request.n ?? 1,
    firstSampleIndex: request.firstSampleIndex ?? 0,
    sampling: resolveSampling(request.sampling, facts.stopTokenIds),
    seed: String(request.seed),
    key: request.key ?? '',
    pieces: request.pieces ?? false,
    topLogProbs: request.topLogProbs ?? 0,
    promptLogProbs: request.promptLogProbs ?? false,
  };
  const violations = violationsOf(resolved, facts);
  if (violations.length > 0) {
    const listed = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
    throw new SipfError('invalid-argument', `generation request: ${listed}`, {
      reason: 'GENERATION_REQUEST_INVALID',
      violations,
    });
  }
  return resolved;
}

function violationsOf(request: ResolvedRequest, { config }: ModelFacts): FieldViolation[] {
  const { promptIds, n, firstSampleIndex, sampling, topLogProbs, promptLogProbs } = request;
  const violations: FieldViolation[] = [];
  const check = (holds: boolean, field: string, description: string): void => {
    if (!holds) violations.push({ field, description });
  };
  const foreign = promptIds.find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
  const length = promptIds.length + sampling.maxNewTokens;
  const longest = longestContinuation(config, promptIds.length);
  check(promptIds.length > 0, 'promptIds', 'must hold at least one token');
  check(
    foreign === undefined,
    'promptIds',
    `must not hold ${String(foreign)}, which is outside the vocabulary of ${config.vocabSize}`,
  );
  check(Number.isInteger(n) && n > 0, 'n', `must be a positive integer, got ${n}`);
  check(
    Number.isInteger(firstSampleIndex) && firstSampleIndex >= 0,
    'firstSampleIndex',
    `must be an integer of at least 0, got ${firstSampleIndex}`,
  );
  check(
    Number.isInteger(topLogProbs) && topLogProbs >= 0,
    'topLogProbs',
    `must be an integer of at least 0, got ${topLogProbs}`,
  );
  check(
    sampling.maxNewTokens > 0 || promptLogProbs,
    'sampling.maxNewTokens',
    'must be at least 1 where the prompt is not asked for',
  );
  check(
    length <= longest,
    'sampling.maxNewTokens',
    `and the prompt make ${length} tokens, the model takes ${longest}`,
  );
  return violations;
}
