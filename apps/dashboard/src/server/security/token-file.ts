import { SipfError } from '@sipf/errors';
import { isLoopback, parseAddress } from '@sipf/service';
import { readFile } from 'node:fs/promises';

const SHORTEST = 16;

/**
 * Reads the login token from a file.
 * @returns undefined where no token is needed
 * @throws SipfError SETTINGS_INVALID for an address beyond this machine without a token, and for one that can be guessed
 */
export async function readToken(address: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) {
    if (isLoopback(parseAddress(address).host)) return undefined;
    throw wrong(`is required to listen on ${address}: others could cancel runs and read them`);
  }
  const token = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  if (token.length >= SHORTEST) return token;
  throw wrong(`must name a file with a token of at least ${SHORTEST} characters`);
}

function wrong(description: string): SipfError {
  return new SipfError('invalid-argument', `--token-file ${description}`, {
    reason: 'SETTINGS_INVALID',
    violations: [{ field: '--token-file', description }],
  });
}
