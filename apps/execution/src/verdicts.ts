import { execution } from '@sipf/contracts';
import { assertNever } from '@sipf/errors';
import type { Outcome, Verdict } from '@sipf/sandbox';

const MIB = 1024 * 1024;

/** A verdict as it crosses the wire. */
export function toResponse(id: string, verdict: Verdict): execution.ExecuteResponse {
  const { outcome, message, stack } = describe(verdict);
  const { limits } = verdict;
  return {
    id,
    outcome,
    message,
    stack,
    stdout: verdict.stdout,
    stderr: verdict.stderr,
    wallTimeMs: verdict.wallTimeMs,
    cpuTimeMs: verdict.cpuTimeMs,
    memoryBytes: BigInt(Math.round(verdict.memoryMiB * MIB)),
    engine: verdict.engine,
    limits: {
      wallTimeMs: limits.wallTimeMs,
      cpuTimeMs: limits.cpuTimeMs,
      memoryMib: limits.memoryLimitMiB,
      maxOutputBytes: limits.maxOutputBytes,
    },
  };
}

function describe(verdict: Outcome): { outcome: execution.Outcome; message: string; stack: string } {
  const { Outcome } = execution;
  const result = (outcome: execution.Outcome, message = '', stack = '') => ({ outcome, message, stack });
  switch (verdict.outcome) {
    case 'passed':
      return result(Outcome.PASSED);
    case 'failed':
      return result(Outcome.FAILED, `${verdict.kind}: ${verdict.message}`, verdict.stack);
    case 'syntax-error':
      return result(Outcome.SYNTAX_ERROR, `${verdict.where}: ${verdict.message}`);
    case 'timed-out':
      return result(Outcome.TIMED_OUT, `more than ${verdict.limitMs} ms of ${verdict.clock} time`);
    case 'out-of-memory':
      return result(Outcome.OUT_OF_MEMORY, `more than ${verdict.limitMiB} MiB`);
    case 'output-limit':
      return result(Outcome.OUTPUT_LIMIT, `more than ${verdict.limitBytes} bytes of output`);
    case 'sandbox-error':
      return result(Outcome.SANDBOX_ERROR, verdict.message);
    default:
      return assertNever(verdict);
  }
}
