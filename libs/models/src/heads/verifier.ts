import { SipfError } from '@sipf/errors';
import type { Value } from '@sipf/graph';
import type { DecoderConfig } from '../config/decoder-config.ts';
import type { DecoderInputs } from '../families/decoder-inputs.ts';
import type { MemorySettings } from '../families/memory-settings.ts';
import type { ParameterSource } from '../families/parameter-source.ts';
import { decoderForward } from '../families/registry.ts';
import { nextTokenLogProbs, predictingMask } from '../objectives/completion-log-probs.ts';
import { selectiveLogProbs } from '../objectives/selective-log-probs.ts';
import { runningConfidence } from './confidence.ts';
import { lmHead, lmProjection } from './lm-head.ts';
import { mlpScoreHead } from './mlp-score-head.ts';
import { correctLogOdds, tokenClassificationHead, verifierHead } from './token-classification-head.ts';
import { tokenPairLogOdds } from './token-pair-head.ts';

/** A decoder's inputs (without a past) and which tokens the path consists of. */
export interface VerifierInputs extends Omit<DecoderInputs, 'past'>, PathInputs {}

/** What a verifier's head sees of the path. */
interface PathInputs {
  /** float32 [B, T], 1 on the completion's tokens; needed by a head of features `hidden+confidence`. */
  readonly completionMask?: Value;
}

/** What a decoder made of rows, and of which tokens. */
export interface VerifierRows extends PathInputs {
  /** float32 [B, T, D], after the final norm. */
  readonly hidden: Value;
  /** int64 [B, T] */
  readonly inputIds: Value;
  /** float32 [1, 1, T, T] or [B, 1, T, T], causal. */
  readonly attentionBias: Value;
  /** As of the decoder's inputs, for the confidence. */
  readonly memory?: MemorySettings | undefined;
}

/**
 * A verifier's log-odds of "the step that ends here is correct" at every position, float32 [B, T]; V is its sigmoid.
 * @throws SipfError failed-precondition NOT_A_VERIFIER; invalid-argument CONFIDENCE_MISSING without a mask it needs
 */
export function verifierLogOdds(
  config: DecoderConfig,
  parameters: ParameterSource,
  inputs: VerifierInputs,
): Value {
  verifierHead(config);
  const { hidden } = decoderForward(config, parameters, inputs);
  return verifierHeadLogOdds(config, parameters, { ...inputs, hidden });
}

/** The head's part of {@link verifierLogOdds}. @throws SipfError as that does */
export function verifierHeadLogOdds(
  config: DecoderConfig,
  parameters: ParameterSource,
  { hidden, inputIds, attentionBias, completionMask, memory }: VerifierRows,
): Value {
  const head = verifierHead(config);
  if (head.kind === 'token-pair') return tokenPairLogOdds(config, parameters, { hidden, head });
  if (head.kind === 'mlp-score') return correctLogOdds(config, mlpScoreHead(config, parameters, hidden));
  if (head.features === 'hidden') {
    return correctLogOdds(config, tokenClassificationHead(config, parameters, { hidden }));
  }
  if (completionMask === undefined) {
    throw new SipfError('invalid-argument', 'this verifier needs to know which tokens are the path', {
      reason: 'CONFIDENCE_MISSING',
    });
  }
  const piece = memory?.vocabularyPiece;
  const logProbs =
    piece === undefined
      ? nextTokenLogProbs(lmHead(config, parameters, hidden), inputIds)
      : selectiveLogProbs(lmProjection(config, parameters), {
          hidden,
          inputIds,
          wanted: predictingMask(completionMask),
          piece,
        }).tokens;
  const confidence = runningConfidence({ nextTokenLogProbs: logProbs, completionMask, attentionBias });
  return correctLogOdds(config, tokenClassificationHead(config, parameters, { hidden, confidence }));
}
