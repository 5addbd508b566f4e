import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { createAuthenticator } from '../auth/authenticator.ts';
import type { Logger } from '../observe/logger.ts';
import { assertSafeToListen, listenError, parseAddress } from '../server/listen-address.ts';
import type { ServiceSettings } from '../server/service-settings.ts';
import { serverCredentials } from '../server/tls.ts';

/** What is checked besides the settings themselves. */
export interface ListeningContext {
  /** The file of hashed tokens, if callers need one. */
  readonly tokenList: string | undefined;
  readonly logger: Pick<Logger, 'error'>;
}

/**
 * Finds, before models are loaded or children started, what would fail when the service starts to listen.
 * @throws SipfError for malformed or unsafe addresses, for ports in use, and for certificates or tokens that cannot be read
 */
export async function checkListening(
  settings: ServiceSettings,
  { tokenList, logger }: ListeningContext,
): Promise<void> {
  const { address, metricsAddress } = settings;
  assertSafeToListen(parseAddress(address).host, settings);
  const addresses = metricsAddress === 'off' ? [address] : [address, metricsAddress];
  for (const one of addresses) parseAddress(one);
  serverCredentials(settings.tls);
  if (tokenList !== undefined) createAuthenticator(tokenList, logger);
  await tryOut(addresses);
}

/** Listens at all of them at once for a moment: two may name the same port. */
async function tryOut(addresses: readonly string[]): Promise<void> {
  const servers: Server[] = [];
  try {
    for (const address of addresses) servers.push(await listen(address).catch(listenError(address)));
  } finally {
    for (const server of servers) {
      server.close();
      await once(server, 'close');
    }
  }
}

async function listen(address: string): Promise<Server> {
  const { host, port } = parseAddress(address);
  const server = createServer((socket) => socket.destroy()).listen(port, host);
  await once(server, 'listening');
  return server;
}
