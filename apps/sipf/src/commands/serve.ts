import { EXIT } from '../exit-codes.ts';
import { programOf, SERVICES, type ServiceName } from '../repository.ts';
import { usageError } from '../usage-error.ts';
import type { CommandDefinition } from './command.ts';

/** `sipf serve`: becomes the service, so that signals, standard streams and the exit status are its own. */
export const serveCommand: CommandDefinition = {
  declare: (program) =>
    program
      .command('serve')
      .description(`run one service in the foreground: ${SERVICES.join(', ')}`)
      .argument('<service>', 'its name')
      .argument('[flags...]', "the service's own flags, e.g. --address 127.0.0.1:9090 --model DIR")
      .allowUnknownOption()
      .passThroughOptions(),
  action: ({ args: [name = '', ...flags], terminal }) => {
    if (!isService(name)) {
      throw usageError(`there is no service "${name}"; the services are ${SERVICES.join(', ')}`);
    }
    const env = Object.entries(terminal.env).filter(([, value]) => value !== undefined);
    const args = [process.execPath, programOf(name), ...flags];
    // Replaces this process; returns only where that is impossible.
    process.execve?.(process.execPath, args, Object.fromEntries(env));
    return Promise.resolve(EXIT.internal);
  },
};

function isService(name: string): name is ServiceName {
  return (SERVICES as readonly string[]).includes(name);
}
