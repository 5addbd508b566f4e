/* eslint-disable @typescript-eslint/unbound-method -- methods are applied to values of any kind, whatever the values call theirs */
import type { DeepEqual } from './create-deep-equal.ts';
import type { Inspect } from './create-inspect.ts';

/** What is wrong with a thrown value, against what was expected of it; undefined when nothing is. */
export type ThrownCheck = (thrown: unknown, expected: unknown) => string | undefined;

/**
 * Builds the comparison of `assert.throws` and `assert.rejects`: a pattern reads the error as text, a type must be in its chain
 * of prototypes, another function must return true, and an object's own properties must be the error's, its name and message
 * too where it is an error itself. Runs inside the isolate from its source text.
 */
export function createThrownCheck(inspect: Inspect, deepEqual: DeepEqual): ThrownCheck {
  const { getPrototypeOf, apply } = Reflect;
  const { keys } = Object;
  const { exec } = RegExp.prototype;
  const [errorType, patternType, toText, typeErrorType] = [Error, RegExp, String, TypeError];
  type Props = Record<string, unknown>;

  const isIn = (value: unknown, prototype: unknown) => {
    if (typeof value !== 'object' && typeof value !== 'function') return false;
    for (let link = value && getPrototypeOf(value); link !== null; link = getPrototypeOf(link)) {
      if (link === prototype) return true;
    }
    return false;
  };
  const matches = (pattern: RegExp, text: string) => apply(exec, pattern, [text]) !== null;

  const checkFunction = (thrown: unknown, expected: (thrown: unknown) => unknown) => {
    const { prototype } = expected as { prototype?: unknown };
    if (prototype !== undefined && isIn(thrown, prototype)) return undefined;
    if (expected === (errorType as unknown) || isIn(expected, errorType)) {
      return `expected an instance of ${expected.name}, caught ${inspect(thrown)}`;
    }
    const answer = apply(expected, {}, [thrown]);
    if (answer === true) return undefined;
    return `the function that checks the exception returned ${inspect(answer)} for ${inspect(thrown)}`;
  };
  const checkObject = (thrown: unknown, expected: Props) => {
    if (typeof thrown !== 'object' || thrown === null) {
      return `expected an exception with ${inspect(expected)}, caught ${inspect(thrown)}`;
    }
    const wanted = keys(expected);
    if (expected instanceof errorType) wanted.push('name', 'message');
    else if (wanted.length === 0) throw new typeErrorType('what is expected may not be an empty object');
    for (const key of wanted) {
      const [found, value] = [(thrown as Props)[key], expected[key]];
      if (typeof found === 'string' && value instanceof patternType && matches(value, found)) continue;
      if (key in thrown && deepEqual(found, value, 'strict')) continue;
      return `expected an exception whose ${key} is ${inspect(value)}, found ${inspect(found)}`;
    }
    return undefined;
  };
  return (thrown, expected) => {
    if (expected === undefined || expected === null) return undefined;
    if (typeof expected === 'function') return checkFunction(thrown, expected as never);
    if (typeof expected !== 'object') {
      throw new typeErrorType('what is expected must be an object, an error, a function or a pattern');
    }
    if (!(expected instanceof patternType)) return checkObject(thrown, expected as Props);
    if (matches(expected, toText(thrown))) return undefined;
    return `expected an exception that matches ${inspect(expected)}, caught ${inspect(thrown)}`;
  };
}
