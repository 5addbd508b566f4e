import { SipfError } from '@sipf/errors';
import { createScorer, type Scorer, type ScorerHost } from '@sipf/inference';
import {
  detectVerifierFormat,
  readDecoderConfig,
  readerTask,
  withTokenizer,
  type AsyncTokenizer,
  type DecoderConfig,
  type VerifierFormat,
  type VerifierReader,
} from '@sipf/models';
import {
  hostOptions,
  sourceOf,
  reportModel,
  type FoundModel,
  type OpenContext,
  type ServedKind,
} from '@sipf/serving';
import { measureScheduler, type MeasuredScheduler } from './scheduling/measure-scheduler.ts';
import { RowRoom } from './scheduling/row-room.ts';
import { RowScheduler } from './scheduling/row-scheduler.ts';
import type { StepScorer } from './step-scorer.ts';

/** How a verifier reads paths. */
interface ReadFormat extends Omit<VerifierReader, 'encode'> {
  /** As createVerifierReader takes it. */
  readonly config: DecoderConfig;
}

/** A loaded verifier. */
export interface ServedVerifier {
  readonly found: FoundModel;
  readonly config: DecoderConfig;
  readonly tokenizer: AsyncTokenizer;
  readonly reader: ReadFormat;
  readonly scorer: StepScorer;
  readonly scheduler: MeasuredScheduler;
  readonly room: RowRoom;
}

/** Most rows of a scoring worker's batch. */
const SCORING_ROWS = 8;

/** A base on worker threads: a verifier, or a language model whose adapters are verifiers. */
export interface VerifierBase {
  readonly scorer: ScorerHost;
  readonly tokenizer: AsyncTokenizer;
}

/**
 * Verifiers on worker threads. A folder that cannot score steps is refused: NOT_A_VERIFIER.
 * @param format of every folder; undefined: the one in each config.json
 */
export function verifierKind(format: VerifierFormat | undefined): ServedKind<VerifierBase, ServedVerifier> {
  return {
    service: 'verification',
    load: (found, context) => loadBase(found, format, context),
    unload: async ({ scorer, tokenizer }, { settings, metrics }) => {
      metrics.addRows(-SCORING_ROWS * settings.workers);
      await tokenizer.close();
      await scorer.close();
    },
    serve: async (base, found, { metrics }) => {
      const { scorer, reader } = await openVerifier(base, found, format);
      const { config } = scorer.model;
      const scheduler = measureScheduler(new RowScheduler(scorer), metrics);
      const room = new RowRoom();
      return { found, config, tokenizer: base.tokenizer, reader, scorer, scheduler, room };
    },
    close: async ({ found, scheduler, scorer }) => {
      await scheduler.close();
      // Closing the base ends its threads.
      if (found.adapterFolder !== undefined) await scorer.close();
    },
    describe: ({ found, config, scorer: { model } }) => ({
      found,
      config,
      quantisation: model.quantisation,
      placement: model.placement,
    }),
  };
}

function loadBase(
  found: FoundModel,
  format: VerifierFormat | undefined,
  context: OpenContext,
): Promise<VerifierBase> {
  return withTokenizer(found.folder, async (tokenizer) => {
    const head = bringsHead(found, format) ? undefined : (await baseReader(found, tokenizer, format)).head;
    const { settings, metrics } = context;
    // A scheduler keeps one call open per model. Rows bound its work, and calls are bounded before they are read.
    const options = { ...hostOptions(context), maxConcurrentCalls: Infinity };
    const scorer = await createScorer({ ...sourceOf(found, settings), head }, options);
    reportModel(scorer.model, found, context.logger);
    metrics.addRows(SCORING_ROWS * settings.workers);
    return { scorer, tokenizer };
  });
}

async function openVerifier(
  { scorer, tokenizer }: VerifierBase,
  found: FoundModel,
  format: VerifierFormat | undefined,
): Promise<{ readonly scorer: Scorer; readonly reader: ReadFormat }> {
  const { adapterFolder } = found;
  if (adapterFolder === undefined) return { scorer, reader: await baseReader(found, tokenizer, format) };
  const adapted = await scorer.attach(adapterFolder);
  try {
    const reader = bringsHead(found, format)
      ? await checkedReader(tokenizer, 'sipf', adapted.model.config)
      : await baseReader(found, tokenizer, format);
    return { scorer: adapted, reader };
  } catch (error) {
    await adapted.close();
    throw error;
  }
}

/** Whether an adapter may bring the head that its base lacks; only loading it shows. */
function bringsHead({ folder, adapterFolder }: FoundModel, format: VerifierFormat | undefined): boolean {
  return adapterFolder !== undefined && format === undefined && readDecoderConfig(folder).head === 'lm';
}

function baseReader(
  { folder }: FoundModel,
  tokenizer: AsyncTokenizer,
  format: VerifierFormat | undefined,
): Promise<ReadFormat> {
  return checkedReader(tokenizer, format ?? detectVerifierFormat(folder), readDecoderConfig(folder));
}

/** How a verifier of this configuration reads paths. Fails when the model is loaded rather than at its first call. */
export async function checkedReader(
  tokenizer: AsyncTokenizer,
  format: VerifierFormat,
  config: DecoderConfig,
): Promise<ReadFormat> {
  const reader = { ...(await tokenizer.run(readerTask, { format, config }, 0)), config };
  const { head } = reader;
  if (head === 'lm' || head.numLabels <= 2) return reader;
  const message = `a verifier has one or two labels, this head has ${head.numLabels}`;
  throw new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
}
