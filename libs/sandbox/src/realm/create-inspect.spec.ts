import fc from 'fast-check';
import { format as formatInNode, inspect as inspectInNode } from 'node:util';
import { describe, expect, it } from 'vitest';
import { dataViews, makers } from '../testing/arbitrary-values.ts';
import { createFormat } from './create-format.ts';
import { createInspect } from './create-inspect.ts';
import { createKinds } from './create-kinds.ts';
import { createLayout } from './create-layout.ts';
import { createQuote } from './create-quote.ts';

const inspect = createInspect({ kinds: createKinds(), layout: createLayout(), quote: createQuote() });
const format = createFormat(inspect);

/** What only the host can see: what promises and iterators hold, and where errors were made. */
const isHidden = (text: string) => /Promise \{|Iterator|Entries|\n +at |Error/.test(text);

describe('createInspect', () => {
  it('shows values of every kind as Node does', () => {
    let shown = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: makers }, fc.constantFrom(...dataViews)), (make) => {
        const wanted = inspectInNode(make());
        fc.pre(!isHidden(wanted));
        shown += 1;
        expect(inspect(make())).toBe(wanted);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 1_000) },
    );
    expect(shown).toBeGreaterThan(500);
  });

  it('breaks lines and puts lists in columns where Node does', () => {
    // Of characters whose width the host's tables of Unicode know too.
    const unit = fc.oneof(
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
      fc.constantFrom('é', '中', 'ア', '한', '\ud800'),
    );
    const text = fc.string({ unit, maxLength: 30 });
    const leaf = fc.oneof(fc.integer(), fc.double(), fc.bigInt(), text, fc.boolean(), fc.constant(null));
    const list = fc.oneof(
      fc.array(fc.nat(200), { maxLength: 130 }),
      fc.array(fc.double(), { maxLength: 40 }),
      fc.array(text, { maxLength: 40 }),
      fc.array(fc.oneof(leaf, fc.array(leaf)), { maxLength: 30 }),
      fc.dictionary(text, leaf, { maxKeys: 30 }),
      fc.array(fc.dictionary(text, leaf)),
      fc.array(leaf).map((items) => new Set(items)),
      fc.array(fc.tuple(leaf, fc.array(leaf))).map((items) => new Map(items)),
      fc.object({
        maxDepth: 4,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withSparseArray: true,
        withDate: true,
      }),
    );
    fc.assert(
      fc.property(list, (value) => {
        expect(inspect(value)).toBe(inspectInNode(value));
      }),
      { numRuns: Number(process.env['RUNS'] ?? 500) },
    );
  });

  it('shows errors by their message where they come from outside the program', () => {
    class Own extends Error {
      override name = 'Own';
    }
    const error = Object.assign(new Own('m'), { code: 'E' });
    expect(inspect(error)).toBe("[Own: m] {\n  code: 'E'\n}".replace(/\n\s*/g, ' '));
    expect(inspect(new RangeError('x', { cause: 1 }))).toBe('[RangeError: x] { [cause]: 1 }');
  });

  it('never throws, whatever is shown', () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(inspect([hostile])).toBe('[unreadable]');
  });
});

describe('createFormat', () => {
  const values = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.bigInt(),
    fc.constantFrom(null, undefined, -0, true),
    fc.array(fc.integer()),
  );
  it('follows directives as Node does', () => {
    const first = fc
      .array(fc.constantFrom('%s', '%d', '%i', '%f', '%j', '%O', '%c', '%%', '%', ' a ', '%x'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(first, values), fc.array(values, { maxLength: 4 }), (text, rest) => {
        fc.pre(!String(text).includes('%j') || !rest.some((value) => typeof value === 'bigint'));
        expect(format(text, ...rest)).toBe(formatInNode(text, ...rest));
      }),
      { numRuns: Number(process.env['RUNS'] ?? 500) },
    );
  });
});
