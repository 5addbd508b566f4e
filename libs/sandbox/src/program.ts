import { SipfError, type FieldViolation } from '@sipf/errors';

/** The languages that programs may be written in. */
export const languages = ['javascript', 'typescript', 'python'] as const;

/** One of {@link languages}. */
export type Language = (typeof languages)[number];

/** An untrusted program and the trusted tests that judge it. */
export interface Program {
  readonly language: Language;
  /** Run first, as a script: its top-level declarations are visible to the tests. */
  readonly code: string;
  /**
   * Run after the code, in the same language: JavaScript in strict mode inside an async function, Python with the names of the program.
   * The program passes when the last line was reached and no assertion failed. Tests come from whoever judges, never from the
   * program's author.
   */
  readonly tests?: string;
  /** Standard input. In JavaScript the global `stdin` and, line by line, `readline()`, which ends with null. */
  readonly stdin?: string;
  /** What the program must print to pass; white space at the ends of lines and of the whole does not count. */
  readonly expectedStdout?: string;
}

/** Most characters of a program's code, tests and input together. */
export const maxProgramChars = 1_000_000;

/** Checks a program from outside. @throws SipfError `invalid-argument` naming every field that is wrong. */
export function parseProgram(program: Program): Program {
  const violations: FieldViolation[] = [];
  if (!languages.includes(program.language)) {
    violations.push({ field: 'language', description: `must be one of ${languages.join(', ')}` });
  }
  const { code, tests, stdin, expectedStdout } = program;
  const texts = { code, tests, stdin, expectedStdout };
  for (const [field, text] of Object.entries(texts)) {
    const missing = text === undefined && field !== 'code';
    if (!missing && typeof text !== 'string') violations.push({ field, description: 'must be text' });
  }
  const chars = Object.values(texts).reduce((sum, text) => sum + (text?.length ?? 0), 0);
  if (chars > maxProgramChars) {
    violations.push({
      field: 'code',
      description: `program has ${chars} characters, at most ${maxProgramChars} are taken`,
    });
  }
  if (violations.length > 0) {
    throw new SipfError('invalid-argument', 'the program is not valid', {
      reason: 'INVALID_PROGRAM',
      violations,
    });
  }
  return program;
}
