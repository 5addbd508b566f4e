export { systemClock, type Clock } from './clock.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { languages, maxProgramChars, type Language, type Program } from './program.ts';
export { SandboxPool, type RunOptions, type SandboxPoolOptions } from './sandbox-pool.ts';
export type { Outcome, Usage, Verdict } from './verdict.ts';
