/* eslint-disable @typescript-eslint/unbound-method -- methods are applied to values of any kind, whatever the values call theirs */
import type { DeepEqual } from './create-deep-equal.ts';
import type { Inspect } from './create-inspect.ts';
import type { ThrownCheck } from './create-thrown-check.ts';

/** The `assert` of one side (the program or its tests) and what it has seen. */
export interface AssertKit {
  readonly assert: object;
  /** The same with `equal` and its like as strict as `strictEqual`. */
  readonly strict: object;
  /** The first failed assertion that `assert.throws` or `assert.rejects` did not expect, even where the program caught it. */
  readonly firstFailure: () => Error | undefined;
}

/** What an `assert` is put together from. */
export interface AssertParts {
  readonly inspect: Inspect;
  readonly deepEqual: DeepEqual;
  readonly checkThrown: ThrownCheck;
}

/**
 * Builds an `assert` with the functions of Node's module of that name, frozen. A failure is remembered, so that a program which
 * swallows the errors of callbacks given to it hides nothing. Runs inside the isolate from its source text.
 */
export function createAssert({ inspect, deepEqual, checkThrown }: AssertParts): AssertKit {
  const { is, freeze } = Object;
  const { apply } = Reflect;
  const { exec } = RegExp.prototype;
  const [errorType, patternType, typeErrorType] = [Error, RegExp, TypeError];
  let expectedToFail = 0;
  let first: Error | undefined;

  interface Details {
    readonly message?: unknown;
    readonly actual?: unknown;
    readonly expected?: unknown;
    readonly operator?: string;
  }
  class AssertionError extends Error {
    override readonly name = 'AssertionError';
    readonly code = 'ERR_ASSERTION';
    readonly actual: unknown;
    readonly expected: unknown;
    readonly operator: string | undefined;
    readonly generatedMessage: boolean;
    constructor({ message, actual, expected, operator }: Details, text?: string) {
      super(typeof message === 'string' ? message : (text ?? 'failed'));
      this.actual = actual;
      this.expected = expected;
      this.operator = operator;
      this.generatedMessage = message === undefined;
    }
  }
  const fail = (details: Details, text: string): never => {
    const { message } = details;
    const error = message instanceof errorType ? message : new AssertionError(details, text);
    if (expectedToFail === 0) first ??= error;
    throw error;
  };
  const invalid = (text: string): never => {
    throw Object.assign(new typeErrorType(text), { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const compare =
    (operator: string, relation: string, holds: (a: unknown, b: unknown) => boolean) =>
    (...values: readonly unknown[]) => {
      const [actual, expected, message] = values;
      if (values.length < 2) throw new typeErrorType(`assert.${operator} needs two values to compare`);
      if (holds(actual, expected)) return;
      fail(
        { message, actual, expected, operator },
        `expected ${inspect(actual)} ${relation} ${inspect(expected)}`,
      );
    };
  const not = (holds: (a: unknown, b: unknown) => boolean) => (a: unknown, b: unknown) => !holds(a, b);
  const reads = (text: unknown, pattern: unknown) => {
    if (!(pattern instanceof patternType)) return invalid('what a text is to match must be a pattern');
    return typeof text === 'string' && apply(exec, pattern, [text]) !== null;
  };
  const readsNot = (text: unknown, pattern: unknown) => typeof text === 'string' && !reads(text, pattern);

  type Thrown = { readonly error: unknown } | undefined;
  const caught = (block: unknown, isExpected: 0 | 1): Thrown => {
    if (typeof block !== 'function') return invalid('what may throw must be a function');
    expectedToFail += isExpected;
    try {
      (block as () => unknown)();
      return undefined;
    } catch (error) {
      return { error };
    } finally {
      expectedToFail -= isExpected;
    }
  };
  const isPromise = (value: unknown) =>
    typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
  const rejected = async (block: unknown, isExpected: 0 | 1): Promise<Thrown> => {
    // What is thrown before there is a promise is not a rejection.
    const promise = typeof block === 'function' ? (block as () => unknown)() : block;
    if (!isPromise(promise))
      return invalid('what may be rejected must be a promise or a function that returns one');
    expectedToFail += isExpected;
    try {
      await promise;
      return undefined;
    } catch (error) {
      return { error };
    } finally {
      expectedToFail -= isExpected;
    }
  };
  const judge = (operator: string, thrown: Thrown, expected: unknown, message: unknown): void => {
    // A text instead of an expectation is the message.
    if (typeof expected === 'string') {
      if (message !== undefined)
        invalid('what is expected must be an object, an error, a function or a pattern');
      const found = thrown?.error;
      const text = typeof found === 'object' && found !== null ? (found as Partial<Error>).message : found;
      if (text === expected) invalid('the message is that of the exception itself: is it what was expected?');
      judge(operator, thrown, undefined, expected);
      return;
    }
    if (thrown === undefined) {
      const text = `expected ${operator === 'rejects' ? 'a rejection' : 'an exception'}, there was none`;
      fail({ operator, expected, message }, text);
      return;
    }
    const fault = checkThrown(thrown.error, expected);
    if (fault !== undefined) fail({ operator, actual: thrown.error, expected, message }, fault);
  };
  const judgeUnwanted = (operator: string, thrown: Thrown, expected: unknown, message: unknown): void => {
    if (thrown === undefined) return;
    const isWanted = typeof expected !== 'string' && checkThrown(thrown.error, expected) !== undefined;
    if (isWanted) throw thrown.error;
    const reason = typeof expected === 'string' ? expected : message;
    fail({ operator, actual: thrown.error, message: reason }, `unwanted exception ${inspect(thrown.error)}`);
  };

  const ok = (value?: unknown, message?: unknown) => {
    if (value) return;
    fail(
      { message, actual: value, expected: true, operator: '==' },
      `expected a truthy value, found ${inspect(value)}`,
    );
  };
  const isLoosely = (a: unknown, b: unknown) => a == b || (is(a, NaN) && is(b, NaN));
  const looselyDeep = (a: unknown, b: unknown) => deepEqual(a, b, 'loose');
  const deep = (a: unknown, b: unknown) => deepEqual(a, b, 'strict');
  const strictMembers = {
    equal: compare('strictEqual', '===', is),
    notEqual: compare('notStrictEqual', '!==', not(is)),
    deepEqual: compare('deepStrictEqual', 'to equal', deep),
    notDeepEqual: compare('notDeepStrictEqual', 'to differ from', not(deep)),
  };
  const members = {
    ok,
    equal: compare('equal', '==', isLoosely),
    notEqual: compare('notEqual', '!=', not(isLoosely)),
    strictEqual: strictMembers.equal,
    notStrictEqual: strictMembers.notEqual,
    deepEqual: compare('deepEqual', 'to equal loosely', looselyDeep),
    notDeepEqual: compare('notDeepEqual', 'to differ loosely from', not(looselyDeep)),
    deepStrictEqual: strictMembers.deepEqual,
    notDeepStrictEqual: strictMembers.notDeepEqual,
    partialDeepStrictEqual: compare('partialDeepStrictEqual', 'to hold', (a, b) =>
      deepEqual(a, b, 'partial'),
    ),
    match: compare('match', 'to match', reads),
    doesNotMatch: compare('doesNotMatch', 'not to match', readsNot),
    throws: (block: unknown, expected?: unknown, message?: unknown) => {
      judge('throws', caught(block, 1), expected, message);
    },
    rejects: async (block: unknown, expected?: unknown, message?: unknown) => {
      judge('rejects', await rejected(block, 1), expected, message);
    },
    doesNotThrow: (block: unknown, expected?: unknown, message?: unknown) => {
      judgeUnwanted('doesNotThrow', caught(block, 0), expected, message);
    },
    doesNotReject: async (block: unknown, expected?: unknown, message?: unknown) => {
      judgeUnwanted('doesNotReject', await rejected(block, 0), expected, message);
    },
    ifError: (value: unknown) => {
      if (value === null || value === undefined) return;
      fail({ actual: value, expected: null, operator: 'ifError' }, `unwanted ${inspect(value)}`);
    },
    fail: (message?: unknown) => fail({ message, operator: 'fail' }, 'failed'),
    AssertionError,
  };
  const callable = () => (value?: unknown, message?: unknown) => {
    ok(value, message);
  };
  const strict: object = Object.assign(callable(), members, strictMembers);
  Object.assign(strict, { strict });
  const assert = Object.assign(callable(), members, { strict });
  for (const fixed of [AssertionError.prototype, AssertionError, strict, assert]) freeze(fixed);
  return { assert, strict, firstFailure: () => first };
}
