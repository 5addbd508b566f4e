import fc from 'fast-check';

type Make = () => unknown;
/** Builds a new value at every call: two values of one maker differ only in identity. */
export type Maker = Make;

const own = Symbol('own');
const shared = { promise: Promise.resolve(1), weak: new WeakMap(), ref: new WeakRef({}) };
class Point {
  x = 1;
}
class Tagged {
  get [Symbol.toStringTag]() {
    return 'Tagged';
  }
}

const leaves: readonly Make[] = [
  ...[0, -0, 1, NaN, '', '0', '1', 'a', true, false, null, undefined, 1n, 0n, own, Symbol.iterator].map(
    (value) => () => value,
  ),
  ...[0, 1, NaN].map((time) => () => new Date(time)),
  ...['x', 'y'].flatMap((source) => [() => new RegExp(source, 'g'), () => new RegExp(source)]),
  () => Object.assign(/x/g, { lastIndex: 1 }),
  ...[0, -0, 1, NaN].map((value) => () => new Number(value)),
  () => new String('1'),
  () => new String('a'),
  () => new Boolean(true),
  () => new Boolean(false),
  () => Object(1n) as object,
  () => Object(own) as object,
  ...[[], [0], [1, 2], [1, 2, 3]].flatMap((bytes) => [
    () => new Uint8Array(bytes),
    () => new Uint8ClampedArray(bytes),
    () => new Uint8Array(bytes).buffer,
    () => new Float64Array(bytes),
  ]),
  () => new Float32Array([NaN]),
  () => new Float32Array([-0]),
  () => new Float32Array([0]),
  () => new BigInt64Array([1n]),
  ...['a', 'b', ''].flatMap((message) => [
    () => new Error(message),
    () => new TypeError(message),
    () => new Error(message, { cause: 1 }),
    () => new Error(message, { cause: undefined }),
    () => new AggregateError([1], message),
    () => new AggregateError([new Error('b')], message),
    () => Object.assign(new Error(message), { name: 'Own' }),
    () => Object.assign(Object.create(Error.prototype) as object, { message }),
  ]),
  () => Promise.resolve(1),
  () => shared.promise,
  () => new WeakMap(),
  () => new WeakSet(),
  () => shared.weak,
  () => new WeakRef({}),
  () => shared.ref,
  () => new Point(),
  () => new Tagged(),
  () => Object.create(null) as object,
  () => Object.create({ inherited: 1 }) as object,
  () => Object.defineProperty({}, 'hidden', { value: 1 }),
  () => Object.defineProperty({}, 'a', { get: () => 1, enumerable: true }),
  () => ({ a: undefined }),
  () => ({ constructor: 1 }),
  () => ({ [own]: 1 }),
  () => Object.assign([1], { extra: 1 }),
  () => Object.assign([1], { [own]: 1 }),
  () => Object.assign(new Uint8Array(1), { extra: 1 }),
  () => Object.assign(new Map(), { extra: 1 }),
  () => Object.assign(Object.create(Array.prototype) as object, { length: 0 }),
  () => Object.assign(new Array<unknown>(2), { 1: 1 }),
  () => [undefined, 1],
  () => [null, 1],
  () => new Array<unknown>(2),
  () => new (class extends Map {})(),
  () => new (class extends Array {})(),
  () => Array.from,
  () => new Set([1, 2]).values(),
  function () {
    // eslint-disable-next-line prefer-rest-params
    return arguments;
  },
  () => {
    const circle: unknown[] = [1];
    circle.push(circle);
    return circle;
  },
  () => {
    const circle: Record<string, unknown> = {};
    circle['a'] = { a: circle };
    return circle;
  },
  () => {
    const circle: Record<string, unknown> = {};
    circle['a'] = circle;
    return circle;
  },
];

/**
 * Makers of DataViews. They are not leaves: beside a value that is not a view Node's module throws a TypeError, or, once V8 has
 * optimised the call, finds the two equal.
 */
export const dataViews: readonly Maker[] = [[], [0], [1, 2], [1, 2, 3]].flatMap((bytes) => {
  const { buffer } = new Uint8Array(bytes);
  return [() => new DataView(buffer.slice()), () => new DataView(buffer, Math.min(1, bytes.length))];
});

/** Makers of values of every kind, nested a few levels deep. */
export const makers: fc.Arbitrary<Maker> = fc.letrec<{ value: Maker; list: Maker[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: fc.constantFrom(...leaves) },
    tie('list').map((of) => () => of.map((make) => make())),
    tie('list').map((of) => () => new Set(of.map((make) => make()))),
    tie('list').map((of) => () => new Map(of.map((make, at) => [make(), of[of.length - 1 - at]?.()]))),
    tie('list').map((of) => () => Object.fromEntries(of.map((make, at) => ['ab1'[at % 3] ?? '', make()]))),
    tie('value').map((make) => () => new Error('a', { cause: make() })),
    tie('value').map((make) => () => Object.assign(new Point(), { y: make() })),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
})).value;

/** Two makers: often of one value, or of values that share most of what they hold. */
export const makerPairs: fc.Arbitrary<readonly [Maker, Maker]> = fc.oneof(
  makers.map((make) => [make, make] as const),
  fc.tuple(fc.constantFrom(...leaves), fc.constantFrom(...leaves)),
  fc.tuple(makers, makers),
  fc
    .tuple(fc.array(fc.constantFrom(...leaves), { maxLength: 4 }), fc.constantFrom(...leaves), fc.nat(3))
    .chain(([all, other, at]) => {
      const changed = all.map((make, index) => (index === at ? other : make));
      const turned = [...all].reverse();
      const wraps = [
        (of: readonly Maker[]) => () => of.map((make) => make()),
        (of: readonly Maker[]) => () => new Set(of.map((make) => make())),
        (of: readonly Maker[]) => () => new Map(of.map((make) => [make(), 1])),
        (of: readonly Maker[]) => () => new Map(of.map((make, index) => [make(), of[index]?.()])),
        (of: readonly Maker[]) => () => Object.fromEntries(of.map((make, index) => [`k${index}`, make()])),
      ];
      return fc.constantFrom(...wraps).map((wrap) => {
        const pairs = [
          [wrap(all), wrap(changed)],
          [wrap(all), wrap(turned)],
          [wrap(all), wrap(all.slice(at))],
        ] as const;
        return pairs[at % 3] ?? pairs[0];
      });
    }),
);
