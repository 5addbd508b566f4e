import { waitForReady } from '@sipf/service';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { address, seconds } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { usageError } from '../usage-error.ts';
import type { CommandDefinition } from './command.ts';

const schema = z.object({
  caFile: z.string().optional(),
  certFile: z.string().optional(),
  keyFile: z.string().optional(),
  service: z.string().default(''),
  waitSeconds: seconds,
});

/** `sipf health`: whether a service answers SERVING to the gRPC health check; for probes and start-up scripts. */
export const healthCommand: CommandDefinition = {
  declare: (program) =>
    program
      .command('health')
      .description('whether the service at host:port serves, by its gRPC health check; 0 if so, 69 if not')
      .argument('<address>', 'host:port')
      .option('--service <name>', "one of the server's gRPC services by its full name; all by default")
      .option('--wait-seconds <n>', 'how long to wait for it', '3')
      .option('--ca-file <file>', 'TLS: certificates (PEM) of the authority that the server is checked by')
      .option('--cert-file <file>', 'mutual TLS: own certificate (PEM)')
      .option('--key-file <file>', "mutual TLS: own certificate's key (PEM)"),
  action: async ({ args: [target = ''], flags: raw, terminal }) => {
    const { caFile, certFile, keyFile, service, waitSeconds } = parseFlags(schema, raw);
    if (!address.safeParse(target).success) throw usageError(`"${target}" is no host:port`);
    const isTls = caFile !== undefined || certFile !== undefined;
    await waitForReady(target, {
      service,
      deadlineMs: waitSeconds * 1000,
      signal: terminal.signal,
      ...(isTls ? { tls: { caFile, certFile, keyFile } } : {}),
    });
    terminal.stdout.write('serving\n');
    return EXIT.ok;
  },
};
