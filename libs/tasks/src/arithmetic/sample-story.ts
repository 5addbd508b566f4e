import type { Rng } from '@sipf/random';
import { solve, type Story, type StoryAsk, type StoryEvent } from './story.ts';
import { bagWords, boxWords, gainVerbs, items, lossVerbs, names, timesAdverbs } from './vocabulary.ts';

/** An inclusive range of whole numbers. */
type Range = readonly [number, number];

/** The family that stories are drawn from. */
export interface StoryFamily {
  readonly events: Range;
  readonly steps: Range;
  readonly start: Range;
  /** Bounds of the count after every event and of the answer. */
  readonly count: Range;
  /** Items gained or lost at once. */
  readonly change: Range;
  readonly bags: Range;
  readonly each: Range;
  readonly factor: Range;
  readonly boxSize: Range;
  /** Share of problems that end with "how many full boxes". */
  readonly boxesShare: number;
}

/** RECIPE.md's ranges, which make outcome labels noisy: a wrong count often fills the same number of boxes. */
export const standardFamily: StoryFamily = {
  events: [1, 3],
  steps: [2, 5],
  start: [2, 20],
  count: [1, 30],
  change: [3, 9],
  bags: [2, 4],
  each: [2, 4],
  factor: [2, 4],
  boxSize: [2, 6],
  boxesShare: 0.6,
};

/** Out of domain: one event more than any training story, everything else alike. */
export const harderFamily: StoryFamily = { ...standardFamily, events: [4, 4], steps: [4, 7] };

/** Draws one story; what is asked is drawn first, so `boxesShare` holds whatever the other bounds reject. */
export function sampleStory(rng: Rng, family: StoryFamily): Story {
  const ask = sampleAsk(rng, family);
  for (;;) {
    const eventCount = within(rng, family.events);
    const story: Story = {
      name: rng.pick(names),
      item: rng.pick(items),
      start: within(rng, family.start),
      events: Array.from({ length: eventCount }, () => sampleEvent(rng, family)),
      ask,
    };
    if (isInFamily(story, family)) return story;
  }
}

function isInFamily(story: Story, family: StoryFamily): boolean {
  const operations = solve(story);
  return (
    contains(family.steps, operations.length) &&
    operations.every((operation) => contains(family.count, operation.value))
  );
}

function sampleAsk(rng: Rng, family: StoryFamily): StoryAsk {
  if (rng.uniform() >= family.boxesShare) {
    return { kind: 'rest', form: rng.pick(['left', 'now', 'remain'] as const) };
  }
  const form = rng.pick(['full boxes', 'are full'] as const);
  return { kind: 'boxes', form, box: rng.pick(boxWords), size: within(rng, family.boxSize) };
}

function sampleEvent(rng: Rng, family: StoryFamily): StoryEvent {
  switch (rng.pick(['gain', 'loss', 'bags', 'times'] as const)) {
    case 'gain':
      return { kind: 'gain', verb: rng.pick(gainVerbs), count: within(rng, family.change) };
    case 'loss':
      return { kind: 'loss', verb: rng.pick(lossVerbs), count: within(rng, family.change) };
    case 'bags': {
      const [bags, each] = [within(rng, family.bags), within(rng, family.each)];
      return { kind: 'bags', verb: rng.pick(gainVerbs), bag: rng.pick(bagWords), bags, each };
    }
    case 'times':
      return { kind: 'times', adverb: rng.pick(timesAdverbs), factor: within(rng, family.factor) };
  }
}

function within(rng: Rng, [lowest, highest]: Range): number {
  return lowest + rng.integer(highest - lowest + 1);
}

function contains([lowest, highest]: Range, value: number): boolean {
  return value >= lowest && value <= highest;
}
