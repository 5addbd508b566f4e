import type { DeepEqual } from './create-deep-equal.ts';
import type { Inspect } from './create-inspect.ts';

/** The `assert` of one side (the program or its tests) and what it has seen. */
export interface AssertKit {
  readonly assert: object;
  /** The first assertion that failed and was not expected to by `assert.throws` or `assert.rejects`, whoever caught it. */
  readonly firstFailure: () => Error | undefined;
}

/**
 * Builds an `assert` with the functions of Node's module of that name. A failure is remembered, so that a program which
 * swallows the errors of callbacks given to it hides nothing. Runs inside the isolate from its source text.
 */
export function createAssert(inspect: Inspect, deepEqual: DeepEqual): AssertKit {
  const { is, freeze } = Object;
  const { getPrototypeOf } = Reflect;
  const [errorType, patternType, toText] = [Error, RegExp, String];
  let expectedToFail = 0;
  let first: Error | undefined;

  class AssertionError extends Error {
    override readonly name = 'AssertionError';
    readonly code = 'ERR_ASSERTION';
  }
  const fail = (message: unknown, fallback: string): never => {
    const text = typeof message === 'string' ? message : fallback;
    const error = message instanceof errorType ? message : new AssertionError(text);
    if (expectedToFail === 0) first ??= error;
    throw error;
  };
  const check = (held: unknown, message: unknown, fallback: () => string) => {
    if (!held) fail(message, fallback());
  };
  const compare =
    (relation: string, holds: (a: unknown, b: unknown) => boolean) =>
    (a: unknown, b: unknown, message?: unknown) => {
      check(holds(a, b), message, () => `expected ${inspect(a)} ${relation} ${inspect(b)}`);
    };
  const matches = (error: unknown, expected: unknown): boolean => {
    if (expected === undefined || typeof expected === 'string') return true;
    if (expected instanceof patternType) return expected.test(toText(error));
    if (typeof expected === 'function') {
      const prototype = (expected as { prototype?: unknown }).prototype;
      for (let link = error; link !== null && typeof link === 'object'; link = getPrototypeOf(link)) {
        if (link === prototype) return true;
      }
      if (prototype instanceof errorType || prototype === errorType.prototype) return false;
      return (expected as (value: unknown) => unknown)(error) === true;
    }
    const wanted = expected as Record<string, unknown>;
    for (const key in wanted) {
      const actual = (error as Record<string, unknown>)[key];
      const pattern = wanted[key];
      if (
        pattern instanceof patternType && typeof actual === 'string'
          ? !pattern.test(actual)
          : !deepEqual(actual, pattern, true)
      ) {
        return false;
      }
    }
    return true;
  };
  const judge = (thrown: { error: unknown } | undefined, expected: unknown, message: unknown) => {
    if (thrown === undefined) return fail(message ?? expected, 'expected an exception, none was thrown');
    check(matches(thrown.error, expected), message, () => `unexpected exception ${inspect(thrown.error)}`);
  };
  const throws = (block: () => unknown, expected?: unknown, message?: unknown) => {
    let thrown: { error: unknown } | undefined;
    expectedToFail += 1;
    try {
      block();
    } catch (error) {
      thrown = { error };
    } finally {
      expectedToFail -= 1;
    }
    judge(thrown, expected, message);
  };
  const rejects = async (block: unknown, expected?: unknown, message?: unknown) => {
    let thrown: { error: unknown } | undefined;
    expectedToFail += 1;
    try {
      await (typeof block === 'function' ? (block as () => unknown)() : block);
    } catch (error) {
      thrown = { error };
    } finally {
      expectedToFail -= 1;
    }
    judge(thrown, expected, message);
  };
  const ok = (value?: unknown, message?: unknown) => {
    check(value, message, () => `expected a truthy value, found ${inspect(value)}`);
  };
  const loose = (a: unknown, b: unknown) => a == b || (is(a, NaN) && is(b, NaN));
  const members = {
    ok,
    equal: compare('==', loose),
    notEqual: compare('!=', (a, b) => !loose(a, b)),
    strictEqual: compare('===', is),
    notStrictEqual: compare('!==', (a, b) => !is(a, b)),
    deepEqual: compare('to equal loosely', (a, b) => deepEqual(a, b, false)),
    notDeepEqual: compare('to differ loosely from', (a, b) => !deepEqual(a, b, false)),
    deepStrictEqual: compare('to equal', (a, b) => deepEqual(a, b, true)),
    notDeepStrictEqual: compare('to differ from', (a, b) => !deepEqual(a, b, true)),
    match: compare('to match', (a, b) => typeof a === 'string' && b instanceof patternType && b.test(a)),
    doesNotMatch: compare(
      'not to match',
      (a, b) => typeof a === 'string' && b instanceof patternType && !b.test(a),
    ),
    throws,
    rejects,
    doesNotThrow: (block: () => unknown) => {
      block();
    },
    doesNotReject: async (block: unknown) => {
      await (typeof block === 'function' ? (block as () => unknown)() : block);
    },
    ifError: (value: unknown) => {
      check(value === null || value === undefined, value, () => `unexpected ${inspect(value)}`);
    },
    fail: (message?: unknown) => fail(message, 'failed'),
    AssertionError,
  };
  const assert = Object.assign((value?: unknown, message?: unknown) => {
    ok(value, message);
  }, members);
  Object.assign(assert, { strict: assert });
  freeze(AssertionError.prototype);
  freeze(AssertionError);
  return { assert: freeze(assert), firstFailure: () => first };
}
