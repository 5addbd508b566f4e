import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

/** One call of a command. */
export interface CommandCall {
  /** As commander read them; checked by the command. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Arguments in order. */
  readonly args: readonly string[];
  readonly terminal: Terminal;
}

/** A command: how it is called, and what it does. */
export interface CommandDefinition {
  /** Adds the command with its flags to the program. */
  readonly declare: (program: Command) => Command;
  /** @returns the exit status; errors are thrown */
  readonly action: (call: CommandCall) => Promise<ExitCode>;
}
