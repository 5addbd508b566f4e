import type { RunConfig } from '@sipf/contracts';
import { taskNamed } from '@sipf/tasks';

/**
 * Whether a run needs the execution service: its task is one of code. A configuration that cannot be read needs it, to be safe.
 */
export function testsPrograms(config: RunConfig | undefined): boolean {
  return config === undefined || taskNamed(config.task.name).domain === 'code';
}
