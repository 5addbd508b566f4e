import { createAuthenticator } from '../auth/authenticator.ts';
import type { Logger } from '../observe/logger.ts';
import { assertSafeToListen, parseAddress } from '../server/listen-address.ts';
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
 * @throws SipfError for malformed or unsafe addresses, and for certificates or tokens that cannot be read
 */
export function checkListening(settings: ServiceSettings, { tokenList, logger }: ListeningContext): void {
  assertSafeToListen(parseAddress(settings.address).host, settings);
  if (settings.metricsAddress !== 'off') parseAddress(settings.metricsAddress);
  serverCredentials(settings.tls);
  if (tokenList !== undefined) createAuthenticator(tokenList, logger);
}
