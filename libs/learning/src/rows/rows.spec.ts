import type { Tokenizer } from '@sipf/models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preferenceExample, rewardExample, supervisedExample } from './encode-row.ts';
import { impliedPrompt } from './implied-prompt.ts';
import { parseTrainingRow, type RowKind } from './parse-row.ts';
import type { PreferenceRow, StepwiseRow, SupervisedRow } from './row-schemas.ts';

const END = 2;
const TEMPLATE = [
  '{% if tools %}[{{ tools | length }}]{% endif %}',
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}',
  '{% if add_generation_prompt %}<assistant>{% endif %}',
].join('');

/** A token a character, and one for `</s>`. */
const tokenizer = {
  eosTokenId: END,
  chatTemplate: { source: TEMPLATE, specialTokens: {} },
  encode: (text: string) =>
    text.split(/(<\/s>)/).flatMap((part) => (part === '</s>' ? [END] : Array.from(part, codeOf))),
  createIncrementalDecoder: () => ({ push: (id: number) => textOf([id]), finish: () => '' }),
  decode: (ids: readonly number[]) =>
    ids.map((id) => (id === END ? '</s>' : String.fromCodePoint(id))).join(''),
} as unknown as Tokenizer;
const codeOf = (character: string): number => character.codePointAt(0) ?? 0;
const textOf = (ids: readonly number[]): string => tokenizer.decode(ids);

function supervised(value: unknown): string[] {
  const row = parseTrainingRow('supervised', value).row as SupervisedRow;
  const { promptIds, completionIds } = supervisedExample(tokenizer, row);
  return [textOf(promptIds), textOf(completionIds)];
}

function preference(value: unknown): string[] {
  const row = parseTrainingRow('preference', value).row as PreferenceRow;
  const { promptIds, chosenIds, rejectedIds } = preferenceExample(tokenizer, row);
  return [promptIds, chosenIds, rejectedIds].map(textOf);
}

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

describe('text', () => {
  it('gets the end token once', () => {
    expect(supervised({ prompt: 'a', completion: 'b' })).toEqual(['a', 'b</s>']);
    expect(supervised({ prompt: 'a', completion: 'b</s>' })).toEqual(['a', 'b</s>']);
    expect(supervised({ prompt: 'a', completion: '</s>' })).toEqual(['a', '</s>']);
    // What follows the end token is learnt, and so is its end.
    expect(supervised({ prompt: 'a', completion: 'b</s>\n' })).toEqual(['a', 'b</s>\n</s>']);
    expect(preference({ prompt: 'a', chosen: 'b</s>', rejected: 'c' })).toEqual(['a', 'b</s>', 'c</s>']);
  });

  it('of a pair without a prompt is parted where it differs', () => {
    expect(preference({ chosen: 'so it is', rejected: 'so it was' })).toEqual([
      'so it',
      ' is</s>',
      ' was</s>',
    ]);
    expect(preference({ chosen: 'q: yes', rejected: 'q: yet', prompt: null })[0]).toBe('q: ye');
  });
});

describe('conversations', () => {
  it('go through the chat template, whose end nothing follows', () => {
    expect(supervised({ prompt: [user('a')], completion: [assistant('b')] })).toEqual([
      '<user>a</s><assistant>',
      'b</s>',
    ]);
    expect(preference({ prompt: [user('a')], chosen: [assistant('b')], rejected: [assistant('c')] })).toEqual(
      ['<user>a</s><assistant>', 'b</s>', 'c</s>'],
    );
  });

  it('without a prompt are learnt as a whole', () => {
    expect(supervised({ messages: [user('a'), assistant('b')] })).toEqual([
      '',
      '<user>a</s><assistant>b</s>',
    ]);
  });

  it('share the messages that two completions begin with', () => {
    const chosen = [user('a'), assistant('b')];
    expect(preference({ chosen, rejected: [user('a'), assistant('c')], weight: 2 })).toEqual([
      '<user>a</s><assistant>',
      'b</s>',
      'c</s>',
    ]);
  });

  it('share them beside a prompt that repeats one of them as text, as TRL has it', () => {
    const [chosen, rejected] = [
      [user('a'), assistant('b')],
      [user('a'), assistant('c')],
    ];
    const shared = ['<user>a</s><assistant>', 'b</s>', 'c</s>'];
    expect(preference({ prompt: 'a', chosen, rejected, weight: null })).toEqual(shared);
    for (const prompt of ['b', '']) {
      expect(() => preference({ prompt, chosen, rejected })).toThrow('prompt: must be messages');
    }
  });

  it('come after a prompt, where a table has messages of other rows or a copy of them', () => {
    const row = { prompt: [user('a')], completion: [assistant('b')] };
    for (const messages of [null, [user('a'), assistant('b')]]) {
      expect(supervised({ ...row, messages })).toEqual(['<user>a</s><assistant>', 'b</s>']);
    }
    expect(supervised({ prompt: 'a', completion: 'b', messages: null })).toEqual(['a', 'b</s>']);
    expect(supervised({ prompt: null, completion: null, messages: [user('a')] })).toEqual([
      '',
      '<user>a</s>',
    ]);
  });

  it('hand tools to the template', () => {
    const row = { prompt: [user('a')], completion: [assistant('b')] };
    expect(supervised({ ...row, tools: [{}, {}] })[0]).toBe('[2]<user>a</s><assistant>');
    expect(supervised({ ...row, tools: '[{}]' })[0]).toBe('[1]<user>a</s><assistant>');
    expect(() => supervised({ ...row, tools: '[' })).toThrow('tools: is not JSON');
  });
});

describe('labels', () => {
  const row = { prompt: 'q', completions: ['a', 'b', 'c', 'd', 'e'], labels: [true, 0, 1, 0.25, null] };
  const settings = { promptTemplate: '', softLabels: false, outcomeOnly: false };
  const labels = (value: unknown, changes: Partial<typeof settings> = {}) =>
    rewardExample(tokenizer, parseTrainingRow('reward', value).row as StepwiseRow, {
      ...settings,
      ...changes,
    }).labels;

  it('are true and false, 0 and 1, shares, or none', () => {
    expect(labels(row)).toEqual([1, 0, 1, 0.25, null]);
    expect(labels(row, { outcomeOnly: true })).toEqual([null, null, null, null, null]);
    expect(labels({ ...row, soft_labels: [0.5, 0, 1, 0, null] }, { softLabels: true })).toEqual([
      ...[0.5, 0, 1, 0, null],
    ]);
  });
});

it.each<[RowKind, unknown, string]>([
  ['supervised', { prompt: 'a' }, 'completion: is required'],
  ['supervised', { prompt: [user('a')], completion: 'b' }, 'completion: invalid input: expected array'],
  ['supervised', { messages: [{ role: 'user' }] }, 'messages.0.content: is required'],
  ['preference', { prompt: 'a', chosen: 'b' }, 'rejected: is required'],
  ['preference', { prompt: 'a', chosen: [user('b')], rejected: [user('c')] }, 'prompt: must be messages'],
  ['reward', { prompt: 'q', completions: ['a'], labels: [2] }, 'labels.0: must be from 0 to 1'],
  ['reward', { prompt: 'q', completions: ['a'], labels: [] }, 'labels: too small'],
  ['reward', { prompt: 'q', completions: ['a', 'b'], labels: [1] }, 'labels: must be as many'],
  ['supervised', 7, 'row: invalid input: expected object'],
])('names what is wrong with a %s row %j', (kind, value, message) => {
  expect(() => parseTrainingRow(kind, value)).toThrow(message);
});

it('parts any two texts at a character, before a blank, and leaves each something', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (prompt, a, b) => {
        const [chosen, rejected] = [prompt + a, prompt + b];
        const end = impliedPrompt(chosen, rejected);
        expect(chosen.slice(0, end)).toBe(rejected.slice(0, end));
        expect(end).toBeLessThan(Math.min(chosen.length, rejected.length));
        expect(chosen.slice(0, end).isWellFormed()).toBe(true);
      },
    ),
  );
});
