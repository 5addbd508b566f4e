import { SipfError } from '@sipf/errors';
import { createGenerator, type Generator } from '@sipf/inference';
import { loadTokenizer, type Tokenizer } from '@sipf/models';
import { hostOptions, sourceOf } from './host-options.ts';
import { measureGenerator } from './measure-generator.ts';
import type { FoundModel } from './model-finder.ts';
import type { ServedKind } from './serving.ts';

/** Most rows of a worker's batch. */
const ROWS = 64;

/** A language model that writes. */
export interface ServedGenerator {
  readonly found: FoundModel;
  readonly generator: Generator;
  readonly tokenizer: Tokenizer;
}

/** Policies or simulators on worker threads. A folder of anything but a language model is refused: NOT_A_LANGUAGE_MODEL. */
export function generatorKind(service: 'generation' | 'simulation'): ServedKind<ServedGenerator> {
  return {
    service,
    open: async (found, context) => {
      const { settings, metrics } = context;
      const tokenizer = loadTokenizer(found.folder);
      const layout = { ...hostOptions(context), slots: ROWS };
      const generator = await createGenerator(sourceOf(found, settings), layout);
      if (generator.model.config.head === 'lm') {
        return {
          found,
          generator: measureGenerator(generator, metrics, ROWS * settings.workers),
          tokenizer,
        };
      }
      await generator.close();
      throw new SipfError('failed-precondition', 'this model is a verifier, it does not write', {
        reason: 'NOT_A_LANGUAGE_MODEL',
      });
    },
    close: ({ generator }) => generator.close(),
    describe: ({ found, generator: { model } }) => ({
      found,
      config: model.config,
      quantisation: model.quantisation,
    }),
  };
}
