import { address, seconds, waitForReady } from '@sipf/service';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { isTlsWanted, tlsShape } from '../options/server-options.ts';
import { usageError } from '../usage-error.ts';

const shape = {
  service: z
    .string()
    .meta({ value: 'name' })
    .default('')
    .describe("one of the server's gRPC services by its full name; all by default"),
  waitSeconds: seconds.default(3).describe('how long to wait for it'),
  ...tlsShape,
} as const;

/** `sipf health`: whether a service answers SERVING to the gRPC health check; for probes and start-up scripts. */
export const healthCommand = defineCommand({
  name: 'health',
  description: 'whether the service at host:port serves, by its gRPC health check; 0 if so, 69 if not',
  arguments: { '<address>': 'host:port' },
  shape,
  action: async ({ args: [target = ''], flags, terminal }) => {
    const { caFile, certFile, keyFile, service, waitSeconds } = flags;
    if (!address.safeParse(target).success) throw usageError(`"${target}" is not host:port`);
    const isTls = isTlsWanted(flags);
    await waitForReady(target, {
      service,
      deadlineMs: waitSeconds * 1000,
      signal: terminal.signal,
      ...(isTls ? { tls: { caFile, certFile, keyFile } } : {}),
    });
    terminal.stdout.write('serving\n');
    return EXIT.ok;
  },
});
