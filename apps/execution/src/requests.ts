import { execution } from '@sipf/contracts';
import type { Limits, Program } from '@sipf/sandbox';

/** A request's program; its language was checked at the boundary. */
export function toProgram({ language, code, tests }: execution.ExecuteRequest): Program {
  return {
    language: language === execution.Language.TYPESCRIPT ? 'typescript' : 'javascript',
    code,
    ...(tests === '' ? {} : { tests }),
  };
}

/** The limits that a request sets; what it leaves at 0 is the pool's. */
export function toLimits(limits: execution.Limits | undefined): Partial<Limits> {
  const { wallTimeMs = 0, cpuTimeMs = 0, memoryMib = 0, maxOutputBytes = 0 } = limits ?? {};
  return {
    ...(wallTimeMs > 0 ? { wallTimeMs } : {}),
    ...(cpuTimeMs > 0 ? { cpuTimeMs } : {}),
    ...(memoryMib > 0 ? { memoryLimitMiB: memoryMib } : {}),
    ...(maxOutputBytes > 0 ? { maxOutputBytes } : {}),
  };
}
