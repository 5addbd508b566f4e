import type { IncrementalDecoder } from '@sipf/models';
import { expect, it } from 'vitest';
import { Completion } from './completion.ts';

/** Two characters a token: id 0 is `aa`, 1 is `bb` and so on. */
function letterDecoder(): IncrementalDecoder {
  return { push: (id) => String.fromCharCode(97 + id).repeat(2), finish: () => '' };
}

const RULES = { maxNewTokens: 5, stopTokenIds: [9], stopStrings: [] as string[] };

function finish(ids: readonly number[], rules = RULES) {
  const completion = new Completion(rules, letterDecoder());
  const reasons = ids.map((id) => completion.push(id, -0.5));
  return { reason: reasons.at(-1), early: reasons.slice(0, -1), text: completion.text(), completion };
}

it('ends at an end token, which is kept as a token and not as text', () => {
  const { reason, early, text, completion } = finish([0, 1, 9]);
  expect({ reason, early, text }).toEqual({
    reason: 'end-token',
    early: [undefined, undefined],
    text: 'aabb',
  });
  expect(completion.tokenIds).toEqual([0, 1, 9]);
  expect(completion.logProbs).toEqual([-0.5, -0.5, -0.5]);
});

it('ends at its length', () => {
  expect(finish([0, 1, 2, 3, 4])).toMatchObject({ reason: 'length', text: 'aabbccddee' });
});

it('ends where a stop string is complete, across tokens, and cuts the text before it', () => {
  expect(finish([0, 1, 2], { ...RULES, stopStrings: ['abbc'] })).toMatchObject({
    reason: 'stop-string',
    text: 'a',
  });
});

it('gives back what only looked like the beginning of a stop string', () => {
  expect(finish([0, 1, 9], { ...RULES, stopStrings: ['bx'] })).toMatchObject({
    reason: 'end-token',
    text: 'aabb',
  });
});

it('has no text without a tokenizer', () => {
  const completion = new Completion(RULES, undefined);
  completion.push(9, 0);
  expect(completion.text()).toBe('');
});
