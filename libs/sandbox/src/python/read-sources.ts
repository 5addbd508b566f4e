import type { ChildOutcome } from '../messages.ts';
import type { Program } from '../program.ts';
import type { PythonSources } from './realm/create-interpreter.ts';

type SyntaxFault = Extract<ChildOutcome, { outcome: 'syntax-error' }>;

const byteOrderMark = '\ufeff';

/**
 * A program's texts in UTF-8, or what keeps them from being read. The interpreter takes them as C strings, which end at a NUL:
 * what stands behind one would not run, tests among it.
 */
export function readSources({ code, tests }: Program): Omit<PythonSources, 'nonce'> | SyntaxFault {
  const fault = findFault('code', code) ?? (tests === undefined ? undefined : findFault('tests', tests));
  if (fault !== undefined) return fault;
  // A file may begin with a mark that a text handed to `exec` may not.
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
