import { SipfError } from '@sipf/errors';
import type { Logger } from '../observe/logger.ts';
import { rereadFile } from './reread-file.ts';
import { covers } from './scopes.ts';
import { hashToken, parseTokenList, type TokenEntry } from './token-list.ts';

/** Identifies callers and checks their scopes. */
export interface Authenticator {
  /**
   * @param authorization the header's value, `Bearer <token>`
   * @param needed a scope, e.g. `verification:Score`
   * @returns the caller's name
   * @throws SipfError `unauthenticated` (`TOKEN_MISSING`, `TOKEN_UNKNOWN`) or `permission-denied` (`SCOPE_MISSING`)
   */
  authenticate(authorization: string | undefined, needed: string): string;
}

/**
 * Authenticates by a file of hashed tokens, which may change while the service runs. Looks tokens up by their hash, so that the
 * time it takes reveals nothing about them.
 * @throws SipfError `failed-precondition`, `TOKENS_INVALID`
 */
export function createAuthenticator(
  path: string,
  logger: Pick<Logger, 'error'>,
  now: () => number = Date.now,
): Authenticator {
  const onError = (err: unknown): void => {
    logger.error({ err }, 'the changed file of tokens cannot be used; the tokens before stay in force');
  };
  const tokens = rereadFile(path, { parse: parseTokenList, onError });
  return {
    authenticate(authorization, needed) {
      const entry = tokens.current().get(hashToken(bearerOf(authorization)));
      if (entry === undefined || hasExpired(entry, now())) {
        throw refused('unauthenticated', 'the token is not known here, or has expired', 'TOKEN_UNKNOWN');
      }
      if (covers(entry.scopes, needed)) return entry.name;
      throw refused(
        'permission-denied',
        `the token of ${entry.name} has no scope ${needed}`,
        'SCOPE_MISSING',
      );
    },
  };
}

function bearerOf(authorization: string | undefined): string {
  const token = /^bearer +(\S{1,600})$/i.exec(authorization ?? '')?.[1];
  if (token !== undefined) return token;
  throw refused('unauthenticated', 'this service wants "authorization: Bearer <token>"', 'TOKEN_MISSING');
}

function hasExpired({ expiresAt }: TokenEntry, nowMs: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
}

function refused(kind: 'unauthenticated' | 'permission-denied', message: string, reason: string): SipfError {
  return new SipfError(kind, message, { reason });
}
