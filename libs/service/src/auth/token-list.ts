import { SipfError, type FieldViolation } from '@sipf/errors';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SCOPE_PATTERN } from './scopes.ts';

/** A caller in the tokens' file. No file of a service holds the token itself. */
export interface TokenEntry {
  /** The caller's name, for the log. */
  readonly name: string;
  /** SHA-256 of the token, hexadecimal. */
  readonly sha256: string;
  /** `*`, `<area>:*` or `<area>:<Method>`, e.g. `verification:Score`. */
  readonly scopes: readonly string[];
  /** ISO 8601 time at which the token expires. */
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
 * @throws SipfError `failed-precondition`, `TOKENS_INVALID`, naming the fault but never a secret
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
  // The characters that RFC 6750 allows in a bearer token.
  if (/^[A-Za-z0-9\-._~+/]{16,512}=*$/.test(trimmed)) return trimmed;
  throw invalid([{ field: 'token', description: 'must be 16 to 512 of A-Z a-z 0-9 - . _ ~ + /' }]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold a secret.
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
