import { assertNever, SipfError } from '@sipf/errors';
import { concat, selectedLogProbs, type Value } from '@sipf/graph';
import {
  chosenNll,
  type CompletionLogProbs,
  countingPositionIds,
  type DecoderConfig,
  decoderForward,
  dpo,
  lmHead,
  lmProjection,
  type MemorySettings,
  type ObjectiveResult,
  type ObjectiveSettings,
  orpo,
  outcomeReward,
  type ParameterSource,
  processReward,
  rightPaddedAttentionBias,
  rpo,
  selectiveLogProbs,
  sft,
  tokenPredictions,
  verifierLogOdds,
} from '@sipf/models';
import { type NamedValues, separateRows, sharedRows } from './batch-rows.ts';

/** A model whose loss is asked for. */
export interface LossModel {
  readonly config: DecoderConfig;
  readonly parameters: ParameterSource;
  /** @default everything is kept for a backward pass */
  readonly memory?: MemorySettings | undefined;
  /** See DecoderInputs. @default 1 */
  readonly causalBlocks?: number;
  /** Whether the LM head gets no gradient. @default false */
  readonly frozenHead?: boolean;
  /** See StepSettings. @default false */
  readonly sharedPrompts?: boolean;
}

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
      const sequence = objective.nll === 'sequence';
      const logProbs = completion(model, values, { sequence });
      const mask = sequence ? logProbs.sequenceMask : logProbs.mask;
      const pairWeights = pairWeightsOf(objective, values);
      const nll = chosenNll({ tokens: logProbs.tokens, mask }, values('chosen_tokens'), pairWeights);
      return orpo(logProbs, { lambda: objective.lambda, nll, pairs: values('pairs'), pairWeights });
    }
    case 'dpo':
    case 'rpo': {
      const common = {
        beta: objective.beta,
        referenceLogps: referenceLogps(model, values),
        pairs: values('pairs'),
        pairWeights: pairWeightsOf(objective, values),
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
  /** Whether the whole sequences are scored, and not the completions alone. @default false */
  readonly sequence?: boolean;
}

/** Log-probabilities of a language model's sequences, and the masks of what is averaged over. */
function completion(
  model: LossModel,
  values: NamedValues,
  { predictions = false, sequence = false }: CompletionOptions = {},
): CompletionLogProbs & { readonly sequenceMask: Value } {
  const { config, parameters, memory, causalBlocks = 1 } = model;
  if (config.head !== 'lm') throw mismatch('this objective trains a language model, not a verifier');
  const rows = model.sharedPrompts === true ? sharedRows(values) : separateRows(values);
  const { hidden } = decoderForward(config, parameters, { ...rows.inputs, causalBlocks, memory });
  const scored = { ...rows.scored(hidden), inputIds: rows.inputs.inputIds };
  const masks = rows.masks({ sequence });
  return { ...rows.perSequence(logProbs(model, scored, { wanted: masks.wanted, predictions })), ...masks };
}

interface ScoredStates {
  /** float32 [B, T, D] */
  readonly hidden: Value;
  /** int64 [B, T]: what each of them predicts. */
  readonly targets: Value;
  readonly inputIds: Value;
}

function logProbs(
  { config, parameters, memory, frozenHead: frozen = false }: LossModel,
  scored: ScoredStates,
  { wanted, predictions }: { readonly wanted: Value; readonly predictions: boolean },
): Omit<CompletionLogProbs, 'mask'> {
  const piece = memory?.vocabularyPiece;
  if (piece !== undefined) {
    return selectiveLogProbs(lmProjection(config, parameters), {
      ...scored,
      wanted,
      piece,
      predictions,
      frozen,
    });
  }
  const logits = lmHead(config, parameters, scored.hidden);
  return {
    tokens: selectedLogProbs(logits, scored.targets),
    ...(predictions && { predictions: tokenPredictions(logits, scored.inputIds) }),
  };
}

/** A verifier's log-odds of "correct" at every position. */
function stepLogOdds(model: LossModel, values: NamedValues): Value {
  const { config, parameters } = model;
  if (config.head === 'lm') throw mismatch('this objective trains a verifier, not a language model');
  const { features } = config.head;
  return verifierLogOdds(config, parameters, {
    ...rightPadded(model, values),
    ...(features === 'hidden' ? {} : { completionMask: values('completion_mask') }),
  });
}

function rightPadded({ memory, causalBlocks = 1 }: LossModel, values: NamedValues) {
  const inputIds = values('input_ids');
  return {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
    causalBlocks,
    memory,
  };
}

/** float32 [P]; undefined where all pairs count the same. */
function pairWeightsOf(
  { pairWeights = false }: { readonly pairWeights?: boolean },
  values: NamedValues,
): Value | undefined {
  return pairWeights ? values('pair_weights') : undefined;
}

/** float32 [2 P] */
function referenceLogps({ sharedPrompts = false }: LossModel, values: NamedValues): Value {
  if (!sharedPrompts) return values('reference_logps');
  return concat([values('reference_chosen_logps'), values('reference_rejected_logps')], 0);
}

function mismatch(message: string): SipfError {
  return new SipfError('failed-precondition', message, { reason: 'OBJECTIVE_MISMATCH' });
}
