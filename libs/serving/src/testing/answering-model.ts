import { bigramModel } from './bigram-model.ts';
import type { TinyModel } from './write-model-folder.ts';

/** What an {@link answeringModel} writes. */
export interface AnsweringOptions {
  /** A word-level tokenizer: its vocabulary is a map from token to id. */
  readonly tokenizer: TinyModel['tokenizer'];
  readonly ids: { readonly bos: number; readonly eos: number; readonly pad: number };
  /** The token that every answer begins with. */
  readonly mark: string;
  /** Tokens of which one follows the mark, each as likely as the others. */
  readonly answers: readonly string[];
}

/** A language model that gives an answer at once, whatever it is asked: mark, answer, end. */
export function answeringModel({ tokenizer, ids, mark, answers }: AnsweringOptions): TinyModel {
  const { vocab } = tokenizer.tokenizer['model'] as { readonly vocab: Readonly<Record<string, number>> };
  const idOf = (token: string): number => {
    const id = vocab[token];
    if (id === undefined) throw new Error(`the vocabulary has no ${JSON.stringify(token)}`);
    return id;
  };
  const draws = new Map(answers.map((answer) => [idOf(answer), 1 / answers.length]));
  const isAnswer = new Set(draws.keys());
  const transitions = (token: number): ReadonlyMap<number, number> => {
    if (token === idOf(mark)) return draws;
    return new Map([[isAnswer.has(token) ? ids.eos : idOf(mark), 1]]);
  };
  const tokens = { bosTokenId: ids.bos, eosTokenIds: [ids.eos], padTokenId: ids.pad };
  return { ...bigramModel(Object.keys(vocab).length, transitions, tokens), tokenizer };
}
