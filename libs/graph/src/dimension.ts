/**
 * One axis' size: a number, or a polynomial over symbols that are bound at run time, e.g. `B`, `S+T`, `2*B*T-1`.
 * The same symbol means the same size everywhere in a graph.
 */
export type Dim = number | string;

/** Coefficients by monomial; a monomial is its sorted symbols joined by `*`, the constant's is the empty string. */
type Polynomial = ReadonlyMap<string, number>;

/** `a + b` in canonical form. */
export function addDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a + b : format(sum(parse(a), parse(b), 1));
}

/** `a - b` in canonical form. */
export function subtractDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a - b : format(sum(parse(a), parse(b), -1));
}

/** `a * b` in canonical form. */
export function multiplyDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const result = new Map<string, number>();
  for (const [left, p] of parse(a)) {
    for (const [right, q] of parse(b)) accumulate(result, joinMonomials(left, right), p * q);
  }
  return format(result);
}

/** The number of elements of a tensor of `shape`. */
export function elementCount(shape: readonly Dim[]): Dim {
  return shape.reduce(multiplyDims, 1);
}

/** `a / b` where it is exact by the symbols alone; undefined otherwise. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (sameDim(a, b)) return 1;
  const [divisor, ...others] = parse(b);
  if (divisor === undefined || others.length > 0) return undefined;
  const result = new Map<string, number>();
  for (const [monomial, coefficient] of parse(a)) {
    const rest = removeSymbols(monomial, divisor[0]);
    if (rest === undefined || coefficient % divisor[1] !== 0) return undefined;
    result.set(rest, coefficient / divisor[1]);
  }
  return format(result);
}

/** Whether two sizes are equal whatever the symbols stand for. */
export function sameDim(a: Dim, b: Dim): boolean {
  return a === b || (typeof a !== typeof b ? false : canonicalDim(a) === canonicalDim(b));
}

/** The canonical spelling: `T*B` and `B*T` are one dimension. */
export function canonicalDim(dim: Dim): Dim {
  return typeof dim === 'number' ? dim : format(parse(dim));
}

/** Terms `(coefficient, symbols)` of a dimension, for evaluation at run time. */
export function dimTerms(dim: Dim): { coefficient: number; symbols: string[] }[] {
  return [...parse(dim)].map(([monomial, coefficient]) => ({ coefficient, symbols: symbolsOf(monomial) }));
}

function parse(dim: Dim): Polynomial {
  const result = new Map<string, number>();
  if (typeof dim === 'number') return dim === 0 ? result : result.set('', dim);
  for (const term of dim.replaceAll(' ', '').replaceAll('-', '+-').split('+')) {
    if (term !== '') addTerm(result, term);
  }
  return result;
}

function addTerm(result: Map<string, number>, term: string): void {
  let coefficient = term.startsWith('-') ? -1 : 1;
  const symbols: string[] = [];
  for (const factor of term.replace('-', '').split('*')) {
    if (/^\d+$/.test(factor)) coefficient *= Number(factor);
    else symbols.push(factor);
  }
  accumulate(result, symbols.sort().join('*'), coefficient);
}

function format(polynomial: Polynomial): Dim {
  const terms = [...polynomial].filter(([monomial]) => monomial !== '');
  const constant = polynomial.get('') ?? 0;
  if (terms.length === 0) return constant;
  terms.sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = terms.map(([monomial, coefficient]) => formatTerm(coefficient, monomial));
  if (constant !== 0) texts.push(String(constant));
  return texts.join('+').replaceAll('+-', '-');
}

function formatTerm(coefficient: number, monomial: string): string {
  if (coefficient === 1) return monomial;
  return coefficient === -1 ? `-${monomial}` : `${coefficient}*${monomial}`;
}

function sum(a: Polynomial, b: Polynomial, sign: number): Polynomial {
  const result = new Map(a);
  for (const [monomial, coefficient] of b) accumulate(result, monomial, sign * coefficient);
  return result;
}

function accumulate(result: Map<string, number>, monomial: string, coefficient: number): void {
  const total = (result.get(monomial) ?? 0) + coefficient;
  if (total === 0) result.delete(monomial);
  else result.set(monomial, total);
}

function joinMonomials(a: string, b: string): string {
  return [...symbolsOf(a), ...symbolsOf(b)].sort().join('*');
}

function symbolsOf(monomial: string): string[] {
  return monomial === '' ? [] : monomial.split('*');
}

function removeSymbols(monomial: string, divisor: string): string | undefined {
  const rest = symbolsOf(monomial);
  for (const symbol of symbolsOf(divisor)) {
    const index = rest.indexOf(symbol);
    if (index < 0) return undefined;
    rest.splice(index, 1);
  }
  return rest.join('*');
}
