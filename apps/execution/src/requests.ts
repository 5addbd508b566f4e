import { execution } from '@sipf/contracts';
import type { Language, Limits, Program } from '@sipf/sandbox';

/** A request's program; the boundary has checked its language. */
export function toProgram(request: execution.ExecuteRequest): Program {
  const { code, tests, stdin, expectedStdout } = request;
  return {
    language: toLanguage(request.language),
    code,
    ...(tests === '' ? {} : { tests }),
    ...(stdin === '' ? {} : { stdin }),
    ...(expectedStdout === undefined ? {} : { expectedStdout }),
  };
}

function toLanguage(language: execution.Language): Language {
  if (language === execution.Language.PYTHON) return 'python';
  return language === execution.Language.TYPESCRIPT ? 'typescript' : 'javascript';
}

/** The limits that a request sets; those at 0 are the pool's. */
export function toLimits(limits: execution.Limits | undefined): Partial<Limits> {
  const { wallTimeMs = 0, cpuTimeMs = 0, memoryMib = 0, maxOutputBytes = 0 } = limits ?? {};
  return {
    ...(wallTimeMs > 0 ? { wallTimeMs } : {}),
    ...(cpuTimeMs > 0 ? { cpuTimeMs } : {}),
    ...(memoryMib > 0 ? { memoryLimitMiB: memoryMib } : {}),
    ...(maxOutputBytes > 0 ? { maxOutputBytes } : {}),
  };
}
