import { Command, CommanderError } from 'commander';
import { createRequire } from 'node:module';
import type { CommandDefinition } from './commands/command.ts';
import { loadCommands } from './commands/load-commands.ts';
import { describeError } from './describe-error.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { systemTrouble } from './system-trouble.ts';
import type { Terminal } from './terminal.ts';

const EXIT_CODES = `
Exit status: 0 done, 1 the run (or a row, or a check) failed, 64 wrong flags, configuration or files,
69 a service is unavailable, 70 a bug, 77 not allowed there, 130 cancelled.`;

/**
 * Runs the command line with these arguments (without program names).
 * @returns the exit status; never throws
 */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let status: ExitCode = EXIT.ok;
  const program = buildProgram(await loadCommands(argv), terminal, (code) => {
    status = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (caught) {
    const error = systemTrouble(caught) ?? caught;
    // commander has said what is wrong; help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const debug = argv.includes('--debug');
    terminal.screen.write(`${describeError(error, { debug })}\n`);
    return exitCodeOf(error);
  }
}

function buildProgram(
  commands: readonly CommandDefinition[],
  terminal: Terminal,
  onStatus: (status: ExitCode) => void,
): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const program = new Command('sipf')
    .description('Self-Iterative Process Feedback: a small language model teaches itself to reason.')
    .version(version)
    .option('--debug', 'show where an error comes from')
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows the flags)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => {
        terminal.screen.write(text);
      },
    })
    .addHelpText('after', EXIT_CODES);
  for (const { declare, action } of commands) {
    const command = declare(program);
    if (command.name() !== 'serve') command.option('--debug', 'show where an error comes from');
    command.action(async () => {
      onStatus(await action({ flags: command.opts(), args: command.args, terminal }));
    });
  }
  return program;
}
