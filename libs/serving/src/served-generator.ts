import { SipfError } from '@sipf/errors';
import { createGenerator, type Generator, type GeneratorHost } from '@sipf/inference';
import { readDecoderConfig, withTokenizer, type AsyncTokenizer } from '@sipf/models';
import { hostOptions, sourceOf, reportModel } from './host-options.ts';
import { measureGenerator } from './measure-generator.ts';
import type { FoundModel } from './model-finder.ts';
import type { ServedKind } from './serving.ts';

/** Most rows of a worker's batch. */
const ROWS = 64;

/** A language model that writes. */
export interface ServedGenerator {
  readonly found: FoundModel;
  readonly generator: Generator;
  readonly tokenizer: AsyncTokenizer;
}

/** A base on threads. */
export interface GeneratorBase {
  readonly generator: GeneratorHost;
  readonly tokenizer: AsyncTokenizer;
}

/**
 * Policies or simulators on this process's worker threads. A folder of anything but a language model is refused:
 * NOT_A_LANGUAGE_MODEL.
 */
export function engineGeneratorKind(
  service: 'generation' | 'simulation',
): ServedKind<GeneratorBase, ServedGenerator> {
  return {
    service,
    load: (found, context) =>
      withTokenizer(found.folder, async (tokenizer) => {
        const { settings, metrics } = context;
        if (readDecoderConfig(found.folder).head !== 'lm') throw notALanguageModel();
        const layout = { ...hostOptions(context), maxConcurrentCalls: settings.maxQueue, slots: ROWS };
        const generator = await createGenerator(sourceOf(found, settings), layout);
        reportModel(generator.model, found, context.logger);
        metrics.addRows(ROWS * settings.workers);
        return { generator, tokenizer };
      }),
    unload: async ({ generator, tokenizer }, { settings, metrics }) => {
      metrics.addRows(-ROWS * settings.workers);
      await tokenizer.close();
      await generator.close();
    },
    serve: async ({ generator, tokenizer }, found, { metrics }) => {
      const { adapterFolder } = found;
      const own = adapterFolder === undefined ? generator : await generator.attach(adapterFolder);
      return { found, generator: measureGenerator(own, metrics), tokenizer };
    },
    close: async ({ found, generator }) => {
      // The base alone goes with its threads.
      if (found.adapterFolder !== undefined) await generator.close();
    },
    describe: ({ found, generator: { model } }) => ({
      found,
      config: model.config,
      quantisation: model.quantisation,
      placement: model.placement,
    }),
  };
}

/** The error for a folder that is a verifier. */
export function notALanguageModel(): SipfError {
  return new SipfError('failed-precondition', 'this model is a verifier, it does not write', {
    reason: 'NOT_A_LANGUAGE_MODEL',
  });
}
