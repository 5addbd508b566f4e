import { createAuthenticator } from '../auth/authenticator.ts';
import type { Logger } from '../observe/logger.ts';
import { assertSafeToListen, parseAddress } from '../server/listen-address.ts';
import type { ServiceSettings } from '../server/service-settings.ts';
import { serverCredentials } from '../server/tls.ts';

/** What is looked at beside the settings themselves. */
export interface ListeningContext {
  /** The file of hashed tokens, where callers are known by one. */
  readonly tokenList: string | undefined;
  readonly logger: Pick<Logger, 'error'>;
}

/**
 * Finds what a service would be refused for when it starts to listen, before models are loaded or children started.
 * @throws SipfError for malformed or unsafe addresses, and for certificates or tokens that cannot be read
 */
export function checkListening(settings: ServiceSettings, { tokenList, logger }: ListeningContext): void {
  assertSafeToListen(parseAddress(settings.address).host, settings);
  if (settings.metricsAddress !== 'off') parseAddress(settings.metricsAddress);
  serverCredentials(settings.tls);
  if (tokenList !== undefined) createAuthenticator(tokenList, logger);
}
