import type { Terminal } from '../terminal.ts';
import { createBarReporter } from './bar-reporter.ts';
import { createJsonReporter } from './json-reporter.ts';
import { createPlainReporter } from './plain-reporter.ts';
import type { Reporter } from './reporter.ts';

/** JSON where it is asked for, bars on a terminal, plain lines elsewhere. */
export function createReporter(
  { stdout, screen, now }: Terminal,
  { json }: { readonly json: boolean },
): Reporter {
  if (json) return createJsonReporter(stdout);
  return screen.isTerminal ? createBarReporter(screen, now) : createPlainReporter(screen, now);
}
