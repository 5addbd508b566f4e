import { Language, type ExecuteRequest } from '../generated/sipf/execution/v1/execution.ts';
import { MAX_ID, MAX_TEXT } from '../lengths.ts';
import type { Checks } from './checks.ts';

const MIB = 2 ** 20;
/** Most bytes of a character, as UTF-16 counts them, in UTF-8. */
const BYTES_PER_CHARACTER = 3;

/** The longest texts of a program that is run; `sipf.execution.v1.ExecuteRequest` says the same. */
export const executeBounds = {
  codeCharacters: MAX_TEXT,
  testsCharacters: 4 * MAX_TEXT,
  stdinBytes: 16 * MIB,
  expectedStdoutCharacters: MAX_TEXT,
} as const;

/** What a request of such texts may come to, its other fields included. */
export const MAX_EXECUTE_BYTES =
  executeBounds.stdinBytes +
  BYTES_PER_CHARACTER *
    (executeBounds.codeCharacters + executeBounds.testsCharacters + executeBounds.expectedStdoutCharacters) +
  MIB;

export function checkExecute(checks: Checks, request: ExecuteRequest): void {
  const { codeCharacters, testsCharacters, stdinBytes, expectedStdoutCharacters } = executeBounds;
  checks.require(request.language !== Language.UNSPECIFIED, 'language', 'is required');
  checks.text(request.code, 'code', { min: 1, max: codeCharacters });
  checks.text(request.tests, 'tests', { max: testsCharacters });
  checks.bytes(request.stdin, 'stdin', stdinBytes);
  checks.text(request.expectedStdout ?? '', 'expected_stdout', { max: expectedStdoutCharacters });
  checks.text(request.id, 'id', { max: MAX_ID });
  checks.text(request.clientId, 'client_id', { max: MAX_ID });
}
