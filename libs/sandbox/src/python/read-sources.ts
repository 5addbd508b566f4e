import type { ChildOutcome } from '../messages.ts';
import type { Program } from '../program.ts';
import type { PythonSources } from './realm/create-interpreter.ts';

type SyntaxFault = Extract<ChildOutcome, { outcome: 'syntax-error' }>;

const byteOrderMark = '\ufeff';

/**
 * A program's texts in UTF-8, or the error of an unreadable one. The interpreter takes them as C strings, which end at a NUL:
 * anything after one, tests included, would not run.
 */
export function readSources({ code, tests }: Program): Omit<PythonSources, 'nonce'> | SyntaxFault {
  const fault = findFault('code', code) ?? (tests === undefined ? undefined : findFault('tests', tests));
  if (fault !== undefined) return fault;
  // A file may begin with a byte order mark, a text for `exec` may not.
  const isMarked = tests === undefined && code.startsWith(byteOrderMark);
  return {
    code: encode(isMarked ? code.slice(1) : code),
    tests: tests === undefined ? undefined : encode(tests),
  };
}

function findFault(where: SyntaxFault['where'], text: string): SyntaxFault | undefined {
  const fault = text.includes('\0')
    ? 'SyntaxError: source code string cannot contain null bytes'
    : text.isWellFormed()
      ? undefined
      : 'UnicodeEncodeError: source code cannot contain lone surrogates';
  return fault === undefined ? undefined : { outcome: 'syntax-error', where, message: fault };
}

function encode(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}
