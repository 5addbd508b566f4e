/** One thing that a program does to its list, in words, in Python, and as what it means. */
export interface Operation {
  /** The words between `of the` and `of the`, e.g. `numbers plus 3`. */
  phrase(k: number): string;
  /** The Python expression over `xs`. */
  code(k: number): string;
  apply(xs: readonly number[], k: number): number[];
  /** Whether `k` matters. */
  readonly takesNumber: boolean;
}

/** How a program ends: the number that it makes of its list. */
export interface Reduction {
  readonly phrase: string;
  readonly code: string;
  /** Undefined where Python would raise. */
  apply(xs: readonly number[]): number | undefined;
}

const each = (
  phrase: (k: number) => string,
  expression: (k: number) => string,
  of: (v: number, k: number) => number,
  takesNumber = true,
): Operation => ({
  phrase,
  code: (k) => `[${expression(k)} for v in xs]`,
  apply: (xs, k) => xs.map((v) => of(v, k)),
  takesNumber,
});

const those = (
  phrase: (k: number) => string,
  condition: (k: number) => string,
  holds: (v: number, k: number) => boolean,
  takesNumber = true,
): Operation => ({
  phrase,
  code: (k) => `[v for v in xs if ${condition(k)}]`,
  apply: (xs, k) => xs.filter((v) => holds(v, k)),
  takesNumber,
});

/** Python's `%`: never negative for a positive divisor. */
function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** Everything that a program may do on its way. */
export const operations: readonly Operation[] = [
  each(
    (k) => `numbers times ${k}`,
    (k) => `v * ${k}`,
    (v, k) => v * k,
  ),
  each(
    (k) => `numbers plus ${k}`,
    (k) => `v + ${k}`,
    (v, k) => v + k,
  ),
  each(
    (k) => `numbers minus ${k}`,
    (k) => `v - ${k}`,
    (v, k) => v - k,
  ),
  each(
    (k) => `remainders by ${k}`,
    (k) => `v % ${k}`,
    modulo,
  ),
  each(
    () => 'squares',
    () => 'v * v',
    (v) => v * v,
    false,
  ),
  those(
    () => 'even ones',
    () => 'v % 2 == 0',
    (v) => modulo(v, 2) === 0,
    false,
  ),
  those(
    () => 'odd ones',
    () => 'v % 2 == 1',
    (v) => modulo(v, 2) === 1,
    false,
  ),
  those(
    (k) => `multiples of ${k}`,
    (k) => `v % ${k} == 0`,
    (v, k) => modulo(v, k) === 0,
  ),
  those(
    (k) => `ones over ${k}`,
    (k) => `v > ${k}`,
    (v, k) => v > k,
  ),
  those(
    (k) => `ones under ${k}`,
    (k) => `v < ${k}`,
    (v, k) => v < k,
  ),
  {
    phrase: (k) => `first ${k}`,
    code: (k) => `xs[:${k}]`,
    apply: (xs, k) => xs.slice(0, k),
    takesNumber: true,
  },
  {
    phrase: (k) => `last ${k}`,
    code: (k) => `xs[-${k}:]`,
    apply: (xs, k) => xs.slice(-k),
    takesNumber: true,
  },
  {
    phrase: () => 'sorted ones',
    code: () => 'sorted(xs)',
    apply: (xs) => [...xs].sort((a, b) => a - b),
    takesNumber: false,
  },
];

/** Every way to end. */
export const reductions: readonly Reduction[] = [
  { phrase: 'sum', code: 'sum(xs)', apply: (xs) => xs.reduce((sum, v) => sum + v, 0) },
  { phrase: 'count', code: 'len(xs)', apply: (xs) => xs.length },
  { phrase: 'largest', code: 'max(xs)', apply: (xs) => (xs.length === 0 ? undefined : Math.max(...xs)) },
];
