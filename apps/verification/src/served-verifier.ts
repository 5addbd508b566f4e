import { SipfError } from '@sipf/errors';
import { createScorer, type Scorer } from '@sipf/inference';
import {
  createVerifierReader,
  detectVerifierFormat,
  loadTokenizer,
  readDecoderConfig,
  type DecoderConfig,
  type Tokenizer,
  type VerifierFormat,
  type VerifierReader,
} from '@sipf/models';
import { hostOptions, sourceOf, type FoundModel, type OpenContext, type ServedKind } from '@sipf/serving';
import { measureScheduler } from './scheduling/measure-scheduler.ts';
import { createRowScheduler, type RowScheduler } from './scheduling/row-scheduler.ts';

/** A verifier that answers. */
export interface ServedVerifier {
  readonly found: FoundModel;
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
  readonly reader: VerifierReader;
  /** Owned by the scheduler. */
  readonly scorer: Scorer;
  readonly scheduler: RowScheduler;
}

/**
 * Verifiers on worker threads. A folder that cannot score steps is refused: NOT_A_VERIFIER.
 * @param format of every folder; undefined: what each config.json says
 */
export function verifierKind(format: VerifierFormat | undefined): ServedKind<ServedVerifier> {
  return {
    service: 'verification',
    open: async (found, context) => {
      const tokenizer = loadTokenizer(found.folder);
      const { scorer, reader } = await openScorer(found, { tokenizer, format, context });
      const { config } = scorer.model;
      const { settings, metrics } = context;
      const scheduler = measureScheduler(createRowScheduler(scorer, { maxCalls: settings.maxQueue }), {
        metrics,
        workers: settings.workers,
      });
      return { found, config, tokenizer, reader, scorer, scheduler };
    },
    close: ({ scheduler }) => scheduler.close(),
    describe: ({ found, config, scorer }) => ({ found, config, quantisation: scorer.model.quantisation }),
  };
}

interface Opening {
  readonly tokenizer: Tokenizer;
  readonly format: VerifierFormat | undefined;
  readonly context: OpenContext;
}

async function openScorer(
  found: FoundModel,
  { tokenizer, format, context }: Opening,
): Promise<{ readonly scorer: Scorer; readonly reader: VerifierReader }> {
  const config = readDecoderConfig(found.folder);
  const open = (head?: VerifierReader['head']) =>
    createScorer({ ...sourceOf(found, context.settings), head }, hostOptions(context));
  // An adapter may bring the head that its base lacks; only the loaded model tells.
  if (found.adapterFolder !== undefined && config.head === 'lm' && format === undefined) {
    const scorer = await open();
    try {
      return { scorer, reader: createVerifierReader('sipf', { config: scorer.model.config, tokenizer }) };
    } catch (error) {
      await scorer.close();
      throw error;
    }
  }
  const named = format ?? detectVerifierFormat(found.folder);
  const reader = createVerifierReader(named, { config, tokenizer });
  requireTwoLabels(reader);
  return { scorer: await open(reader.head), reader };
}

/** Told when the model is loaded rather than by its first caller. */
function requireTwoLabels({ head }: VerifierReader): void {
  if (head === 'lm' || head.numLabels <= 2) return;
  const message = `a verifier has one or two labels, this head has ${head.numLabels}`;
  throw new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
}
