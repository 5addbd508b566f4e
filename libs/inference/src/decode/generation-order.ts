import { SipfError, type FieldViolation } from '@sipf/errors';
import { longestContinuation } from '@sipf/models';
import { resolveSampling } from '../sampling/sampling-settings.ts';
import type { ModelFacts } from '../weights/model-source.ts';
import type { GenerationOrder } from './generation-task.ts';
import type { GenerationRequest } from './generation-types.ts';

/**
 * Checks a request against the loaded model and fills in its defaults.
 * @throws SipfError invalid-argument SAMPLING_INVALID, or GENERATION_REQUEST_INVALID naming every wrong field
 */
export function generationOrder(request: GenerationRequest, facts: ModelFacts): GenerationOrder {
  const sampling = resolveSampling(request.sampling, facts.stopTokenIds);
  const order = {
    promptIds: request.promptIds,
    n: request.n ?? 1,
    firstSampleIndex: request.firstSampleIndex ?? 0,
    sampling,
    seed: String(request.seed),
    key: request.key ?? '',
    pieces: request.pieces ?? false,
    topLogProbs: request.topLogProbs ?? 0,
    promptLogProbs: request.promptLogProbs ?? false,
  };
  const violations = orderViolations(order, facts);
  if (violations.length > 0) {
    const listed = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
    throw new SipfError('invalid-argument', `generation request: ${listed}`, {
      reason: 'GENERATION_REQUEST_INVALID',
      violations,
    });
  }
  return order;
}

function orderViolations(order: GenerationOrder, { config }: ModelFacts): FieldViolation[] {
  const { promptIds, n, firstSampleIndex, sampling, topLogProbs, promptLogProbs } = order;
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
