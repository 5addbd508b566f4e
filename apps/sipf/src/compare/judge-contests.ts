import { judgePrompt, readVerdict, type BothOrders, type Contest, type JudgeMessage } from '@sipf/evaluation';
import { z } from 'zod';
import type { RowJournal } from '../files/row-journal.ts';
import type { Judge } from './judge.ts';

/** One conversation with a judge, as the journal keeps it. */
export const judgement = z.object({
  /** `<question's id> <which answer stood first>`. */
  key: z.string(),
  messages: z.array(z.object({ role: z.enum(['system', 'user']), content: z.string() })),
  answer: z.string(),
  tokens: z.number().optional(),
});
export type Judgement = z.infer<typeof judgement>;

type First = 'a' | 'b';

/**
 * Asks a judge about every question in both orders, several at once; what the journal has is not asked again.
 * @param progress how many of the conversations are over
 */
export async function judgeContests(
  contests: readonly Contest[],
  judge: Judge,
  {
    journal,
    signal,
    progress,
  }: {
    readonly journal: RowJournal<Judgement>;
    readonly signal: AbortSignal;
    readonly progress: (done: number, total: number) => void;
  },
): Promise<BothOrders[]> {
  const answers = new Map<string, string>();
  const questions = contests.flatMap((contest) => [questionOf(contest, 'a'), questionOf(contest, 'b')]);
  const stop = new AbortController();
  const bounds = { signal: AbortSignal.any([signal, stop.signal]) };
  const waiting = questions.values();
  const work = async (): Promise<void> => {
    for (const { key, messages } of waiting) {
      bounds.signal.throwIfAborted();
      answers.set(key, journal.get(key)?.answer ?? (await ask(key, messages)));
      progress(answers.size, questions.length);
    }
  };
  const ask = async (key: string, messages: JudgeMessage[]): Promise<string> => {
    const { text: answer, tokens } = await judge.ask(messages, bounds);
    await journal.append([{ key, messages, answer, ...(tokens === undefined ? {} : { tokens }) }]);
    return answer;
  };
  await allOrStop(Array.from({ length: judge.concurrency }, work), stop);
  return contests.map(({ id }) => ({
    aFirst: readVerdict(answers.get(keyOf(id, 'a')) ?? ''),
    bFirst: readVerdict(answers.get(keyOf(id, 'b')) ?? ''),
  }));
}

/** Waits for all; the first failure stops the others, and is thrown once they have stopped. */
async function allOrStop(works: readonly Promise<void>[], stop: AbortController): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  const ends = works.map((work) =>
    work.catch((error: unknown) => {
      failure ??= { error };
      stop.abort();
    }),
  );
  await Promise.all(ends);
  if (failure !== undefined) throw failure.error;
}

function questionOf({ id, question, a, b }: Contest, first: First) {
  const shown = first === 'a' ? { first: a.text, second: b.text } : { first: b.text, second: a.text };
  return { key: keyOf(id, first), messages: judgePrompt({ question, ...shown }) };
}

function keyOf(id: string, first: First): string {
  return `${id} ${first}`;
}
