import type { Rng } from '@sipf/random';

/** Numbers that parsers stumble over. */
const NUMBERS = [
  '-1',
  '0',
  '1e999',
  '-0',
  '9007199254740993',
  '18446744073709551616',
  '1.5',
  'NaN',
  '2147483648',
];
/** Texts with a meaning to somebody between a file and a model. */
const TEXTS = [
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '\u0000',
  '\ud800',
  '',
  '{{',
  'x'.repeat(5000),
  '%s%n',
];

/** Content with a few changes that a broken disk, a broken writer or a hostile one could make. */
export function mutate(seed: Uint8Array, rng: Rng): Uint8Array {
  let bytes = seed;
  const changes = 1 + rng.integer(4);
  for (let change = 0; change < changes; change++) bytes = rng.pick(CHANGES)(bytes, rng);
  return bytes;
}

type Change = (bytes: Uint8Array, rng: Rng) => Uint8Array;

const flipBit: Change = (bytes, rng) => {
  const copy = Uint8Array.from(bytes);
  const at = rng.integer(copy.length + 1);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << rng.integer(8));
  return copy;
};

const overwrite: Change = (bytes, rng) => {
  const copy = Uint8Array.from(bytes);
  const at = rng.integer(copy.length + 1);
  for (let i = at; i < Math.min(copy.length, at + 1 + rng.integer(8)); i++) copy[i] = rng.integer(256);
  return copy;
};

const truncate: Change = (bytes, rng) => bytes.subarray(0, rng.integer(bytes.length + 1));

const removeSlice: Change = (bytes, rng) => {
  const [from, to] = slice(bytes, rng);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
};

const repeatSlice: Change = (bytes, rng) => {
  const [from, to] = slice(bytes, rng);
  const copies = Array.from({ length: 1 + rng.integer(20) }, () => bytes.subarray(from, to));
  return Buffer.concat([bytes.subarray(0, to), ...copies, bytes.subarray(to)]);
};

const insertText: Change = (bytes, rng) => {
  const at = rng.integer(bytes.length + 1);
  const text = rng.pick([
    ...NUMBERS,
    ...TEXTS,
    '[',
    '{',
    '}',
    '"',
    ',',
    ':',
    'null',
    '\n',
    '[['.repeat(2000),
  ]);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]);
};

/** A number of a text becomes another. */
const changeNumber: Change = (bytes, rng) => {
  const text = Buffer.from(bytes).toString('latin1');
  const numbers = [...text.slice(0, 100_000).matchAll(/-?\d+(\.\d+)?/g)];
  if (numbers.length === 0) return bytes;
  const { index, 0: old } = rng.pick(numbers);
  return Buffer.from(text.slice(0, index) + rng.pick(NUMBERS) + text.slice(index + old.length), 'latin1');
};

/** A member of a JSON value gets another value, of any type, or goes. */
const changeMember: Change = (bytes, rng) => {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return Buffer.from(JSON.stringify(changedValue(value, rng)));
  } catch {
    return bytes;
  }
};

const CHANGES: readonly Change[] = [
  flipBit,
  overwrite,
  truncate,
  removeSlice,
  repeatSlice,
  insertText,
  changeNumber,
  changeMember,
  changeMember,
];

function slice(bytes: Uint8Array, rng: Rng): [number, number] {
  const from = rng.integer(bytes.length + 1);
  return [from, Math.min(bytes.length, from + rng.integer(64))];
}

function changedValue(value: unknown, rng: Rng): unknown {
  if (typeof value !== 'object' || value === null || rng.uniform() < 0.1) return strangeValue(rng);
  if (Array.isArray(value)) return changedArray(value, rng);
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length === 0) return strangeValue(rng);
  const at = rng.integer(entries.length);
  const changed = entries.flatMap(([key, member], index): [string, unknown][] => {
    if (index !== at) return [[key, member]];
    if (rng.uniform() < 0.2) return [];
    return rng.uniform() < 0.1 ? [[rng.pick(TEXTS), member]] : [[key, changedValue(member, rng)]];
  });
  return Object.fromEntries(changed);
}

function changedArray(items: readonly unknown[], rng: Rng): unknown[] {
  if (items.length === 0 || rng.uniform() < 0.2) return [...items, strangeValue(rng)];
  const at = rng.integer(items.length);
  if (rng.uniform() < 0.2) return items.filter((_, index) => index !== at);
  return items.map((item, index) => (index === at ? changedValue(item, rng) : item));
}

function strangeValue(rng: Rng): unknown {
  const kinds: readonly (() => unknown)[] = [
    () => null,
    () => rng.uniform() < 0.5,
    () => Number(rng.pick(NUMBERS.filter((text) => text !== 'NaN'))),
    () => rng.pick(TEXTS),
    () => [],
    () => ({}),
    () => Array.from({ length: rng.integer(2000) }, () => rng.integer(10)),
    () => deep(rng.integer(3000)),
  ];
  return rng.pick(kinds)();
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
