/** What families of models write their thoughts between: `<think>`, `[THINK]`, `◁think▷`, `<|begin_of_thought|>`, … */
const names = 'think(?:ing)?|thoughts?|reasoning|seed:think';
const opening = String.raw`<\|?(?:${names})\|?>|\[THINK\]|◁think▷|<\|begin_of_thought\|>`;
const closing = String.raw`<\|?/(?:${names})\|?>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>`;

const anyClosing = new RegExp(closing, 'g');
const anyTag = new RegExp(`${opening}|${closing}`, 'g');
const openingFirst = new RegExp(String.raw`^\s*(?:${opening})`);

/** What follows the last thought of a completion, which its prompt may have opened; undefined where no thought ends. */
export function afterThoughts(completion: string): string | undefined {
  const last = [...completion.matchAll(anyClosing)].at(-1);
  return last === undefined ? undefined : completion.slice(last.index + last[0].length);
}

const beginning = /^(?:\s*(?:<s>|<bos>|<[|｜][^|｜<>\n]{1,40}[|｜]>|<start_of_turn>)(?:assistant|model)?)+/;

/** A completion without the tokens of a chat template that open its turn, where they were written out. */
export function withoutBeginning(completion: string): string {
  return completion.replace(beginning, '');
}

/** Whether a completion begins with a thought. */
export function beginsWithThought(completion: string): boolean {
  return openingFirst.test(completion);
}

/** A completion with its thoughts, but without the tags around them. */
export function withoutThoughtTags(completion: string): string {
  return completion.replaceAll(anyTag, '');
}
