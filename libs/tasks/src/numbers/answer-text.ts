import { afterThoughts, beginsWithThought, withoutBeginning } from '../thoughts.ts';

/** Tokens that end a text for a model: of chat templates, of tokenizers, written out. */
const endTokens = /<\/s>|<[|｜][^|｜<>\n]{1,40}[|｜]>|<end_of_turn>|<eos>|\[\/?INST\]/;

/** Where a model continues with another question of its own. */
const nextQuestion =
  /\n[^\S\n]*(?:#+ |\*\*)?(?:Q|Question|Problem|Exercise|Instruction|User|Human)[^\S\n]*\d{0,3}(?:\*\*)?[^\S\n]*:/i;

/**
 * The part of a completion in which its answer stands: what follows its thinking (`<think>…</think>`), up to a written-out end
 * token.
 * @returns nothing where the thinking does not end
 */
export function answerText(completion: string): string {
  const answer = afterThoughts(completion);
  if (answer === undefined && beginsWithThought(completion)) return '';
  // What GLM puts its answer in is a box, not the end of a text.
  const boxed = (answer ?? completion).replaceAll(/<\|begin_of_box\|>(.*?)<\|end_of_box\|>/gs, '\\boxed{$1}');
  const text = withoutBeginning(boxed);
  const end = endTokens.exec(text)?.index;
  return end === undefined ? text : text.slice(0, end);
}

/** Where the next question begins at or after an offset; the text's length where none does. */
export function nextQuestionAfter(text: string, offset: number): number {
  const found = text.slice(offset).search(nextQuestion);
  return found === -1 ? text.length : offset + found;
}
