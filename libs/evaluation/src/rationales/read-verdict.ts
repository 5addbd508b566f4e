import { dimensionNames, type Dimension } from './dimensions.ts';

/** Which of the two shown answers is better. */
export type Preference = 'first' | 'second' | 'tie';

/** What a judge said, by dimension; one that could not be read is absent. */
export type Verdict = Readonly<Partial<Record<Dimension, Preference>>>;

/** Longer answers are read at their end only; bounds the work on hostile text. */
const LONGEST = 20_000;

/**
 * Reads a judge's answer: the last JSON object in it, else fields such as `concise: 2`, on lines of
 * their own or in an object that was cut off. What is neither 1, 2 nor a tie
 * is left out rather than guessed.
 */
export function readVerdict(answer: string): Verdict {
  const text = answer.slice(-LONGEST);
  const fields = lastObject(text) ?? looseFields(text);
  const entries = dimensionNames.flatMap((name) => {
    const preference = preferenceOf(fields.get(name));
    return preference === undefined ? [] : [[name, preference] as const];
  });
  return Object.fromEntries(entries);
}

function lastObject(text: string): ReadonlyMap<string, string> | undefined {
  const candidates = [...text.matchAll(/\{[^{}]*\}/g)].map(([match]) => match).reverse();
  for (const candidate of candidates) {
    const value = parsed(candidate);
    if (value === undefined) continue;
    return new Map(Object.entries(value).map(([key, field]) => [key.trim().toLowerCase(), String(field)]));
  }
  return undefined;
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function looseFields(text: string): ReadonlyMap<string, string> {
  const fields = text.matchAll(/(?:^|[{,])[\s*\-"']*([A-Za-z]+)[\s*"']*:[\s*"']*([\w ]+)/gm);
  return new Map([...fields].map(([, key = '', field = '']) => [key.toLowerCase(), field]));
}

function preferenceOf(field: string | undefined): Preference | undefined {
  const word = /^(?:solution |answer )?(1|2|tie|tied|equal|both|same)$/.exec(
    field?.trim().toLowerCase() ?? '',
  )?.[1];
  if (word === undefined) return undefined;
  return word === '1' ? 'first' : word === '2' ? 'second' : 'tie';
}
