import type { BagWord, BoxWord, GainVerb, Item, LossVerb, Name, TimesAdverb } from './vocabulary.ts';

/** Something that changes the count of the story's items. */
export type StoryEvent =
  | { readonly kind: 'gain'; readonly verb: GainVerb; readonly count: number }
  | { readonly kind: 'loss'; readonly verb: LossVerb; readonly count: number }
  | {
      readonly kind: 'bags';
      readonly verb: GainVerb;
      readonly bag: BagWord;
      readonly bags: number;
      readonly each: number;
    }
  | { readonly kind: 'times'; readonly adverb: TimesAdverb; readonly factor: number };

/** What is asked: the count, or how many full boxes it fills (a floor division). */
export type StoryAsk =
  | { readonly kind: 'rest'; readonly form: 'left' | 'now' | 'remain' }
  | {
      readonly kind: 'boxes';
      readonly form: 'full boxes' | 'are full';
      readonly box: BoxWord;
      readonly size: number;
    };

/** One word problem, before it is put into words. */
export interface Story {
  readonly name: Name;
  readonly item: Item;
  readonly start: number;
  readonly events: readonly StoryEvent[];
  readonly ask: StoryAsk;
}

type Operator = '+' | '-' | '*' | '//';

/** One calculation of a solution; `//` is the floor division. */
export interface Operation {
  readonly left: number;
  readonly operator: Operator;
  readonly right: number;
  readonly value: number;
}

/** The story's only solution: its calculations in order, the last value being the answer. */
export function solve(story: Story): Operation[] {
  const operations: Operation[] = [];
  let count = story.start;
  const apply = (operator: Operator, right: number) => {
    const operation = calculate(count, operator, right);
    operations.push(operation);
    count = operation.value;
  };
  for (const event of story.events) {
    if (event.kind === 'gain') apply('+', event.count);
    else if (event.kind === 'loss') apply('-', event.count);
    else if (event.kind === 'times') apply('*', event.factor);
    else {
      const bought = calculate(event.bags, '*', event.each);
      operations.push(bought);
      apply('+', bought.value);
    }
  }
  if (story.ask.kind === 'boxes') apply('//', story.ask.size);
  return operations;
}

/** The story's numbers and operators without its words: equal for stories that differ only in names. */
export function chainOf(story: Story): string {
  const events = story.events.map((event) => {
    if (event.kind === 'gain') return `+${event.count}`;
    if (event.kind === 'loss') return `-${event.count}`;
    if (event.kind === 'times') return `*${event.factor}`;
    return `+${event.bags}*${event.each}`;
  });
  const ask = story.ask.kind === 'boxes' ? `//${story.ask.size}` : '';
  return `${story.start}${events.join('')}${ask}`;
}

/** Value of one calculation on whole numbers. */
function calculate(left: number, operator: Operator, right: number): Operation {
  return { left, operator, right, value: valueOf(left, operator, right) };
}

function valueOf(left: number, operator: Operator, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '//':
      return Math.floor(left / right);
  }
}
