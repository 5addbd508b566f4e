import { execution } from '@sipf/contracts';
import type { SampleVerdict } from './verdict-journal.ts';

/** Most of a message that is kept, in UTF-16 units: some programs print books. */
const LONGEST_MESSAGE = 1000;

/** A verdict in the words of HumanEval's harness. */
export function sampleVerdict({ outcome, message }: execution.ExecuteResponse): SampleVerdict {
  const { PASSED, TIMED_OUT, SANDBOX_ERROR } = execution.Outcome;
  const shortened = message.slice(0, LONGEST_MESSAGE);
  if (outcome === PASSED) return { passed: true, result: 'passed' };
  if (outcome === TIMED_OUT) return { passed: false, result: 'timed out' };
  if (outcome === SANDBOX_ERROR) return { passed: null, result: `sandbox error: ${shortened}` };
  return { passed: false, result: `failed: ${kindOf(outcome)}${shortened}` };
}

/** Before the message, where it does not say so itself. */
function kindOf(outcome: execution.Outcome): string {
  const { OUT_OF_MEMORY, OUTPUT_LIMIT, SYNTAX_ERROR } = execution.Outcome;
  if (outcome === OUT_OF_MEMORY) return 'out of memory: ';
  if (outcome === OUTPUT_LIMIT) return 'too much output: ';
  return outcome === SYNTAX_ERROR ? 'syntax error: ' : '';
}
