import { assertNever, SipfError } from '@sipf/errors';
import type { Value } from '@sipf/graph';
import {
  chosenNll,
  type CompletionLogProbs,
  countingPositionIds,
  type DecoderConfig,
  decoderForward,
  dpo,
  lmHead,
  lmProjection,
  nextTokenLogProbs,
  type ObjectiveResult,
  type ObjectiveSettings,
  orpo,
  outcomeReward,
  type ParameterSource,
  predictingMask,
  processReward,
  rightPaddedAttentionBias,
  rpo,
  selectiveLogProbs,
  sft,
  tokenPredictions,
  verifierLogOdds,
} from '@sipf/models';

/** A model whose loss is asked for. */
export interface LossModel {
  readonly config: DecoderConfig;
  readonly parameters: ParameterSource;
  /** See DecoderInputs. @default false */
  readonly recomputeLayers?: boolean;
  /** See selectiveLogProbs. @default logits are computed at all positions at once */
  readonly vocabularyPiece?: number | undefined;
  /** Whether the LM head gets no gradient. @default false */
  readonly frozenHead?: boolean;
}

/** The values of an objective's inputs by name, see `objectiveInputs`. */
export type NamedValues = (name: string) => Value;

/**
 * Forward pass and loss of a right-padded batch.
 * @throws SipfError failed-precondition OBJECTIVE_MISMATCH where the objective needs the other kind of head
 */
export function objectiveLoss(
  model: LossModel,
  objective: ObjectiveSettings,
  values: NamedValues,
): ObjectiveResult {
  switch (objective.kind) {
    case 'sft':
      return sft(completion(model, values, { predictions: true }), {
        completionTokens: values('completion_tokens'),
      });
    case 'orpo': {
      const sequence = objective.nll === 'sequence' ? predictingMask(values('attention_mask')) : undefined;
      const logProbs = completion(model, values, { wanted: sequence });
      const mask = sequence ?? logProbs.mask;
      const nll = chosenNll({ tokens: logProbs.tokens, mask }, values('chosen_tokens'));
      return orpo(logProbs, { lambda: objective.lambda, nll, pairs: values('pairs') });
    }
    case 'dpo':
    case 'rpo': {
      const common = {
        beta: objective.beta,
        referenceLogps: values('reference_logps'),
        pairs: values('pairs'),
      };
      const logProbs = completion(model, values);
      return objective.kind === 'dpo'
        ? dpo(logProbs, common)
        : rpo(logProbs, { ...common, nllWeight: objective.nllWeight });
    }
    case 'process-reward':
      return processReward(stepLogOdds(model, values), {
        labels: values('step_labels'),
        labelCount: values('labelled_steps'),
      });
    case 'outcome-reward':
      return outcomeReward(stepLogOdds(model, values), {
        labels: values('step_labels'),
        labelCount: values('labelled_paths'),
      });
    default:
      return assertNever(objective);
  }
}

interface CompletionOptions {
  /** @default false */
  readonly predictions?: boolean;
  /** Positions to be scored, the completions' among them. @default the completions' */
  readonly wanted?: Value | undefined;
}

/** Log-probabilities of a language model's completions. */
function completion(
  model: LossModel,
  values: NamedValues,
  { predictions = false, wanted }: CompletionOptions = {},
): CompletionLogProbs {
  const { config, parameters } = model;
  if (config.head !== 'lm') throw mismatch('this objective trains a language model, not a verifier');
  const { hidden } = decoderForward(config, parameters, rightPadded(model, values));
  const inputIds = values('input_ids');
  const mask = predictingMask(values('completion_mask'));
  if (model.vocabularyPiece !== undefined) {
    const { vocabularyPiece: piece, frozenHead: frozen = false } = model;
    const selected = { hidden, inputIds, wanted: wanted ?? mask, piece, predictions, frozen };
    return { ...selectiveLogProbs(lmProjection(config, parameters), selected), mask };
  }
  const logits = lmHead(config, parameters, hidden);
  return {
    tokens: nextTokenLogProbs(logits, inputIds),
    mask,
    ...(predictions && { predictions: tokenPredictions(logits, inputIds) }),
  };
}

/** A verifier's log-odds of "correct" at every position. */
function stepLogOdds(model: LossModel, values: NamedValues): Value {
  const { config, parameters } = model;
  if (config.head === 'lm') throw mismatch('this objective trains a verifier, not a language model');
  const { features } = config.head;
  const { vocabularyPiece } = model;
  return verifierLogOdds(config, parameters, {
    ...rightPadded(model, values),
    ...(features === 'hidden' ? {} : { completionMask: values('completion_mask'), vocabularyPiece }),
  });
}

function rightPadded({ recomputeLayers = false }: LossModel, values: NamedValues) {
  const inputIds = values('input_ids');
  return {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
    recomputeLayers,
  };
}

function mismatch(message: string): SipfError {
  return new SipfError('failed-precondition', message, { reason: 'OBJECTIVE_MISMATCH' });
}
