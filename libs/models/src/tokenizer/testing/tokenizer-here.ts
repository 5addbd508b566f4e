import type { AsyncTokenizer } from '../async-tokenizer.ts';
import { factsOf } from '../tokenizer-answers.ts';
import type { Tokenizer } from '../tokenizer.ts';

/** A tokenizer in memory as one for event loops; all is done here. */
export function tokenizerHere(tokenizer: Tokenizer): AsyncTokenizer {
  return {
    ...factsOf(tokenizer),
    run: (task, input) => Promise.resolve().then(() => task.run(tokenizer, input)),
    close: () => Promise.resolve(),
  };
}
