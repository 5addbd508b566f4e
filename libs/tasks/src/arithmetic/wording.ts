import { assertNever, SipfError } from '@sipf/errors';
import type { Operation, Story, StoryAsk, StoryEvent } from './story.ts';
import { bagWords, boxWords, gainVerbs, items, lossVerbs, names, timesAdverbs } from './vocabulary.ts';

/** The question in words, e.g. `Ann has 12 pens, buys 5, and loses 3. How many full boxes of 4?`. */
export function writeQuestion(story: Story): string {
  const last = story.events.length - 1;
  const events = story.events.map((event, index) => {
    const conjunction = index > 0 && index === last ? ' and' : '';
    return `,${conjunction} ${writeEvent(event)}`;
  });
  return `${story.name} has ${story.start} ${story.item}${events.join('')}. ${writeAsk(story)}?`;
}

/** One line of a solution, e.g. `<<12+5=17>>17`. */
export function writeOperation({ left, operator, right, value }: Operation): string {
  return `<<${left}${operator}${right}=${value}>>${value}`;
}

/**
 * The story behind a question written by {@link writeQuestion}.
 * @throws SipfError `invalid-argument`, reason `QUESTION_INVALID`, when the question has another form
 */
export function understand(question: string): Story {
  const story = parseStory(question);
  if (story !== undefined) return story;
  throw new SipfError('invalid-argument', `not a story of the arithmetic task: ${question.slice(0, 120)}`, {
    reason: 'QUESTION_INVALID',
  });
}

function writeEvent(event: StoryEvent): string {
  switch (event.kind) {
    case 'gain':
    case 'loss':
      return `${event.verb} ${event.count}`;
    case 'bags':
      return `${event.verb} ${event.bags} ${event.bag} of ${event.each}`;
    case 'times':
      return `${event.adverb} has ${event.factor} times as many`;
    default:
      return assertNever(event);
  }
}

function writeAsk({ ask, item }: Story): string {
  if (ask.kind === 'boxes') {
    return ask.form === 'full boxes'
      ? `How many full ${ask.box} of ${ask.size}`
      : `How many ${ask.box} of ${ask.size} are full`;
  }
  const ending = { left: 'are left', now: 'now', remain: 'remain' }[ask.form];
  return `How many ${item} ${ending}`;
}

function parseStory(question: string): Story | undefined {
  const match = /^(\w+) has (\d+) (\w+), ([^.]*)\. (How many [^?]*)\?$/.exec(question);
  if (match === null) return undefined;
  const [, nameText, start, itemText, eventsText = '', askText = ''] = match;
  const name = names.find((known) => known === nameText);
  const item = items.find((known) => known === itemText);
  const ask = parseAsk(askText);
  const events = eventsText.split(', ').map(parseEvent);
  if (name === undefined || item === undefined || ask === undefined) return undefined;
  if (!events.every((event) => event !== undefined)) return undefined;
  const story = { name, item, start: Number(start), events, ask };
  // Writing it again must give the same question: no other spelling is guessed at.
  return writeQuestion(story) === question ? story : undefined;
}

function parseEvent(text: string): StoryEvent | undefined {
  const words = text.replace(/^and /, '').split(' ');
  const [first, second, third, , fifth] = words;
  const adverb = timesAdverbs.find((known) => known === first);
  if (adverb !== undefined) return { kind: 'times', adverb, factor: Number(third) };
  const count = Number(second);
  const loss = lossVerbs.find((known) => known === first);
  if (loss !== undefined) return { kind: 'loss', verb: loss, count };
  const gain = gainVerbs.find((known) => known === first);
  if (gain === undefined || words.length === 2) return gain && { kind: 'gain', verb: gain, count };
  const bag = bagWords.find((known) => known === third);
  return bag && { kind: 'bags', verb: gain, bag, bags: count, each: Number(fifth) };
}

function parseAsk(text: string): StoryAsk | undefined {
  const boxes = /^How many (full )?(\w+) of (\d+)( are full)?$/.exec(text);
  if (boxes !== null) {
    const box = boxWords.find((known) => known === boxes[2]);
    const form = boxes[1] === undefined ? 'are full' : 'full boxes';
    return box && { kind: 'boxes', form, box, size: Number(boxes[3]) };
  }
  const form = /(left|now|remain)$/.exec(text)?.[1];
  return form === 'left' || form === 'now' || form === 'remain' ? { kind: 'rest', form } : undefined;
}
