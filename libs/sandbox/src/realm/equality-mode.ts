/**
 * How alike two values must be: `strict` as `assert.deepStrictEqual`, `structure` the same without a look at prototypes,
 * `loose` as
 * `assert.deepEqual`, `partial` as `assert.partialDeepStrictEqual`.
 */
export type EqualityMode = 'strict' | 'structure' | 'loose' | 'partial';
