import { SipfError, type FieldViolation } from '@sipf/errors';

/** The languages of programs. */
export const languages = ['javascript', 'typescript', 'python'] as const;

/** One of {@link languages}. */
export type Language = (typeof languages)[number];

/** An untrusted program and the trusted tests that judge it. */
export interface Program {
  readonly language: Language;
  /** Run first, as a script: its top-level declarations are visible to the tests. */
  readonly code: string;
  /**
   * Run after the code, in the same language: JavaScript in strict mode inside an async function, Python with the names of the
   * program. The program passes when the last line was reached and no assertion failed. Tests come from the judge, never from
   * the program's author.
   */
  readonly tests?: string;
  /** Standard input. In JavaScript the global `stdin` and, line by line, `readline()`, which ends with null. */
  readonly stdin?: string;
  /** What the program must print to pass; white space at the ends of lines and of the whole does not count. */
  readonly expectedStdout?: string;
}

/** Bounds of a program's texts, in UTF-16 code units and bytes of UTF-8. */
export const programBounds = {
  codeCharacters: 1_000_000,
  testsCharacters: 4_000_000,
  stdinBytes: 16 * 2 ** 20,
  expectedStdoutCharacters: 1_000_000,
} as const;

/** Checks a program from outside. @throws SipfError `invalid-argument` naming every field that is wrong. */
export function parseProgram(program: Program): Program {
  const violations = [...languageFaults(program), ...textFaults(program)];
  if (violations.length > 0) {
    throw new SipfError('invalid-argument', 'the program is not valid', {
      reason: 'INVALID_PROGRAM',
      violations,
    });
  }
  return program;
}

/** Bytes of UTF-8 of a waiting program's texts. */
export function programBytes({ code, tests = '', stdin = '', expectedStdout = '' }: Program): number {
  return [code, tests, stdin, expectedStdout].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function languageFaults({ language }: Program): FieldViolation[] {
  if (languages.includes(language)) return [];
  return [{ field: 'language', description: `must be one of ${languages.join(', ')}` }];
}

function textFaults({ code, tests, stdin, expectedStdout }: Program): FieldViolation[] {
  const { codeCharacters, testsCharacters, stdinBytes, expectedStdoutCharacters } = programBounds;
  const units = (text: string): number => text.length;
  return [
    ...textFault('code', code, { most: codeCharacters, measure: units, unit: 'characters' }),
    ...textFault('tests', tests ?? '', { most: testsCharacters, measure: units, unit: 'characters' }),
    ...surrogateFault('stdin', stdin),
    ...surrogateFault('expectedStdout', expectedStdout),
    ...textFault('stdin', stdin ?? '', {
      most: stdinBytes,
      measure: (text) => Buffer.byteLength(text),
      unit: 'bytes of UTF-8',
    }),
    ...textFault('expectedStdout', expectedStdout ?? '', {
      ...{ most: expectedStdoutCharacters, measure: units, unit: 'characters' },
    }),
  ];
}

/** A lone surrogate would become U+FFFD in UTF-8, so another text; in code and tests the language decides. */
function surrogateFault(field: string, text: unknown): FieldViolation[] {
  if (typeof text !== 'string' || text.isWellFormed()) return [];
  return [{ field, description: 'holds half of a surrogate pair, which is not a character: take it out' }];
}

interface TextBound {
  readonly most: number;
  readonly measure: (text: string) => number;
  readonly unit: string;
}

function textFault(field: string, text: unknown, { most, measure, unit }: TextBound): FieldViolation[] {
  if (typeof text !== 'string') return [{ field, description: 'must be text' }];
  const size = measure(text);
  return size <= most ? [] : [{ field, description: `has ${size} ${unit}, at most ${most} are taken` }];
}
