import { SipfError } from '@sipf/errors';
import { basename, resolve } from 'node:path';
import { Helper } from '../aside/helper.ts';
import { overran, withOneDeadline } from '../limits/with-deadline.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import { factsOf, filesOf, type TokenizerOrder } from './tokenizer-answers.ts';
import type { TokenizerFacts, TokenizerTask } from './tokenizer-task.ts';

/** A tokenizer for event loops: what a text, or the tokenizer's own files, could make long is done on a thread of its own. */
export interface AsyncTokenizer extends TokenizerFacts {
  /**
   * Does a task, with the same result wherever it is done: here where it is short, else aside.
   *
   * @param size characters that the task reads; a token that is decoded by itself counts as {@link DECODED_TOKEN}
   * @throws what the task throws; SipfError failed-precondition TOKENIZER_INVALID where it takes a minute or the memory of a
   * thread, resource-exhausted QUEUE_FULL, cancelled WORKER_CLOSED
   */
  run<Input, Output>(task: TokenizerTask<Input, Output>, input: Input, size: number): Promise<Output>;
  /** Ends the thread, if there is one. */
  close(): Promise<void>;
}

/** What decoding a token by itself costs, in characters that are encoded. */
export const DECODED_TOKEN = 8;
/** Largest task that is done here: a millisecond of honest work. */
const SHORT = 4096;
/** Longest work here; a tokenizer that takes longer is asked aside from then on. */
const LIMIT_MS = 25;
/** Largest files of a tokenizer that is loaded here, in bytes all together: some 10 ms. */
const SMALL_BYTES = 256 * 1024;

const ANSWERS = new URL('./tokenizer-answers.ts', import.meta.url).href;

/** Opens a folder's tokenizer. @throws SipfError as loadTokenizer */
export async function openTokenizer(folder: string): Promise<AsyncTokenizer> {
  const { sizeBytes, identity } = filesOf(folder);
  const helper = new Helper({ lost: (why) => cannotBeUsed(folder, why) });
  const ask = (task?: string, input?: unknown): Promise<unknown> =>
    helper.ask(ANSWERS, {
      folder,
      identity,
      ...(task !== undefined && { task, input }),
    } satisfies TokenizerOrder);
  let here = sizeBytes > SMALL_BYTES ? undefined : loadTokenizer(folder);
  const facts = here === undefined ? ((await ask()) as TokenizerFacts) : factsOf(here);
  return {
    ...facts,
    run: async <Input, Output>(task: TokenizerTask<Input, Output>, input: Input, size: number) => {
      if (here !== undefined && size <= SHORT) {
        const tokenizer = here;
        try {
          return withOneDeadline(LIMIT_MS, () => task.run(tokenizer, input));
        } catch (error) {
          if (!overran(error)) throw error;
          // It was stopped anywhere, and would be slow again.
          here = undefined;
        }
      }
      return (await ask(task.module, input)) as Output;
    },
    close: () => helper.close(),
  };
}

/** Opens a folder's tokenizer for what is made of it, and closes it again where that fails. @throws SipfError as loadTokenizer */
export async function withTokenizer<T>(
  folder: string,
  make: (tokenizer: AsyncTokenizer) => Promise<T>,
): Promise<T> {
  const tokenizer = await openTokenizer(folder);
  try {
    return await make(tokenizer);
  } catch (error) {
    await tokenizer.close();
    throw error;
  }
}

function cannotBeUsed(folder: string, why: string): SipfError {
  const message = `${basename(resolve(folder))}: tokenizer.json cannot be used: ${why}`;
  return new SipfError('failed-precondition', message, { reason: 'TOKENIZER_INVALID' });
}
