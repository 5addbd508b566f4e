import { SipfError } from '@sipf/errors';
import { createScorer, type Scorer } from '@sipf/inference';
import { loadTokenizer, type DecoderConfig, type Tokenizer } from '@sipf/models';
import { hostOptions, sourceOf, type FoundModel, type ServedKind } from '@sipf/serving';

/** A verifier that answers. */
export interface ServedVerifier {
  readonly found: FoundModel;
  readonly scorer: Scorer;
  readonly tokenizer: Tokenizer;
}

/** Verifiers on worker threads. A folder without a verifier's head is refused: NOT_A_VERIFIER. */
export const verifierKind: ServedKind<ServedVerifier> = {
  service: 'verification',
  open: async (found, { settings, logger }) => {
    const tokenizer = loadTokenizer(found.folder);
    const scorer = await createScorer(sourceOf(found), hostOptions(settings, logger));
    const flaw = flawOf(scorer.model.config);
    if (flaw === undefined) return { found, scorer, tokenizer };
    await scorer.close();
    throw new SipfError('failed-precondition', flaw, { reason: 'NOT_A_VERIFIER' });
  },
  close: ({ scorer }) => scorer.close(),
  describe: ({ found, scorer }) => ({ found, config: scorer.model.config }),
};

/** Why a model cannot score steps; told when it is loaded rather than by its first caller. */
function flawOf({ head }: DecoderConfig): string | undefined {
  if (head === 'lm') return 'this model has a language-model head, not a verifier head';
  if (head.numLabels <= 2) return undefined;
  return `a verifier has one or two labels, this head has ${head.numLabels}`;
}
