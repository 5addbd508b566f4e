export {
  confinementModes,
  findConfinement,
  type Confinement,
  type ConfinementMode,
} from './confinement/find-confinement.ts';
export { confinementLayers, type ConfinementLayer } from './confinement/plan.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { languages, programBounds, type Language, type Program } from './program.ts';
export { SandboxPool, type SandboxPoolOptions } from './sandbox-pool.ts';
export type { Outcome, Verdict } from './verdict.ts';
