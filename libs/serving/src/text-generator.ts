import type { GeneratedSample, GenerationRequest, Generator, ModelFacts } from '@sipf/inference';

/** A prompt and how many samples of it are wanted; for generators that are elsewhere, the text that the tokens are. */
export interface TextOrder extends GenerationRequest {
  /** What `promptIds` were read from, by the model's own tokenizer with its special tokens; undefined for tokens alone. */
  readonly promptText?: string | undefined;
}

/** One finished sample. */
export interface TextSample extends Omit<GeneratedSample, 'tokenIds' | 'finishReason' | 'top' | 'prompt'> {
  /** Undefined where the generator does not tell them. */
  readonly tokenIds: readonly number[] | undefined;
  /** Tokens written, the end token included. */
  readonly tokenCount: number;
  /** See GeneratedSample; absent where they are not asked for. */
  readonly top?: GeneratedSample['top'] | undefined;
  readonly prompt?: GeneratedSample['prompt'] | undefined;
  readonly ended: 'end-token' | 'stop-string' | 'length';
}

type GenerateOptions = NonNullable<Parameters<Generator['generate']>[1]>;

/** A model that writes, wherever it is; see Generator for what holds of it. */
export interface TextGenerator {
  readonly model: ModelFacts;
  generate(
    orders: Iterable<TextOrder> | AsyncIterable<TextOrder>,
    options?: GenerateOptions,
  ): AsyncGenerator<TextSample, void, undefined>;
  close(): Promise<void>;
}

/** This process's engine as a generator of texts. */
export function engineTexts(generator: Generator): TextGenerator {
  return {
    get model() {
      return generator.model;
    },
    generate: (orders, options) => told(generator, generator.generate(orders, options)),
    close: () => generator.close(),
  };
}

async function* told(
  { model }: Generator,
  samples: AsyncGenerator<GeneratedSample, void, undefined>,
): AsyncGenerator<TextSample, void, undefined> {
  for await (const { finishReason, ...sample } of samples) {
    const ended = endOf(finishReason, sample.tokenIds.at(-1), model.stopTokenIds);
    yield { ...sample, tokenCount: sample.tokenIds.length, ended };
  }
}

/** How a sample ended, by its last token. @param stopTokenIds the model's own end tokens */
export function endOf(
  finishReason: 'stop' | 'length',
  lastToken: number | undefined,
  stopTokenIds: readonly number[],
): TextSample['ended'] {
  if (finishReason === 'length') return 'length';
  return lastToken !== undefined && stopTokenIds.includes(lastToken) ? 'end-token' : 'stop-string';
}
