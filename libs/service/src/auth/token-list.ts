import { createHash } from 'node:crypto';
import { SipfError, type FieldViolation } from '@sipf/errors';
import { z } from 'zod';
import { SCOPE_PATTERN } from './scopes.ts';

/** Someone who may call, as the tokens' file has it. The token itself is in no file of a service. */
export interface TokenEntry {
  /** Who it is, for the log. */
  readonly name: string;
  /** SHA-256 of the token, hexadecimal. */
  readonly sha256: string;
  /** `*`, `<area>:*` or `<area>:<Method>`, e.g. `verification:Score`. */
  readonly scopes: readonly string[];
  /** ISO 8601 time from which the token is not taken any more. */
  readonly expiresAt?: string | undefined;
}

const entry = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  scopes: z.array(z.string().regex(SCOPE_PATTERN, 'must be *, <area>:* or <area>:<Method>')).min(1),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});
const file = z.strictObject({ tokens: z.array(entry).min(1).max(10_000) });

/** The hash under which a token is listed. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Reads `{"tokens": [{"name", "sha256", "scopes", "expiresAt"?}]}` into a map by hash.
 * @throws SipfError `failed-precondition`, `TOKENS_INVALID`, naming what is wrong and never a secret
 */
export function parseTokenList(text: string): ReadonlyMap<string, TokenEntry> {
  const parsed = file.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), description: message })),
    );
  }
  return new Map(parsed.data.tokens.map((each) => [each.sha256, each]));
}

/**
 * A client's token: the first line of its file.
 * @throws SipfError `failed-precondition`, `TOKENS_INVALID`
 */
export function parseToken(text: string): string {
  const [token = ''] = text.split('\n');
  const trimmed = token.trim();
  // What RFC 6750 lets a bearer token be.
  if (/^[A-Za-z0-9\-._~+/]{16,512}=*$/.test(trimmed)) return trimmed;
  throw invalid([{ field: 'token', description: 'must be 16 to 512 of A-Z a-z 0-9 - . _ ~ + /' }]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold what nobody should read in a log.
    throw invalid([{ field: 'tokens', description: 'is not JSON' }]);
  }
}

function invalid(violations: readonly FieldViolation[]): SipfError {
  const lines = violations.map(({ field, description }) => `${field} ${description}`);
  return new SipfError('failed-precondition', `the tokens' file is wrong: ${lines.join('; ')}`, {
    reason: 'TOKENS_INVALID',
    violations,
  });
}
