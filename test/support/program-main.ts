import { join } from 'node:path';
import { root } from '../run/step.ts';

/** A service's program, by the name of its folder in `apps/`. */
export type ProgramName =
  | 'generation'
  | 'simulation'
  | 'verification'
  | 'execution'
  | 'training'
  | 'orchestration'
  | 'gateway'
  | 'dashboard';

/**
 * The file of a program, for Node: the bundle of its sources where the suites made one (bundled-programs.ts), which starts in
 * half the time; `BUNDLED_PROGRAMS= npx vitest run ...` takes the tree, for a debugger or to read an error's lines.
 */
export function programMain(name: ProgramName | 'sipf'): string {
  const bundled = process.env['BUNDLED_PROGRAMS'] ?? '';
  return bundled === '' ? join(root, 'apps', name, 'src/main.ts') : join(bundled, `${name}.mjs`);
}
