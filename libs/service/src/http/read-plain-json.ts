import { SipfError } from '@sipf/errors';
import type { FastifyInstance } from 'fastify';

/** An unreadable body; it has the form of fastify's own refusals, see httpErrorOf. */
class UnsupportedMedia extends Error {
  readonly code = 'unsupported-media-type';
  readonly statusCode = 415;
}

/** Makes a server read only JSON in UTF-8: it refuses compressed bodies and invalid UTF-8. */
export function readPlainJson(server: FastifyInstance): void {
  server.addHook('onRequest', ({ headers, is404 }, _reply, done) => {
    const encoding = headers['content-encoding'] ?? 'identity';
    const isPlain = is404 || encoding.trim().toLowerCase() === 'identity';
    done(
      isPlain
        ? undefined
        : new UnsupportedMedia(`Content-Encoding ${encoding} is not read here; send it plain`),
    );
  });
  server.removeContentTypeParser(['application/json', 'text/plain']);
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
    if (!/^(utf-?8|us-ascii)$/i.test(charset)) {
      done(new UnsupportedMedia(`the charset ${charset} is not read here; JSON is UTF-8`));
      return;
    }
    const text = decoded(body);
    if (text === undefined) done(wrongBody('body', 'is not UTF-8'));
    else
      void parseJson(request, text, (error, value) => {
        done(error === null ? null : (forbiddenKey(text) ?? error), value);
      });
  });
}

function decoded(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** A key that the parser refuses, because copying it would give an object another prototype. */
function forbiddenKey(text: string): SipfError | undefined {
  try {
    const field = pathOfForbidden(JSON.parse(text) as unknown, '');
    return field === undefined ? undefined : wrongBody(field, 'is a key that no request has; leave it out');
  } catch {
    // Invalid JSON, or nested too deeply to search.
    return undefined;
  }
}

const MAX_FIELD = 200;

function pathOfForbidden(value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : `${path}${path === '' ? '' : '.'}${key}`;
    const isPrototype =
      key === 'constructor' && typeof item === 'object' && item !== null && 'prototype' in item;
    if (key === '__proto__' || isPrototype) return at.slice(-MAX_FIELD);
    const within = pathOfForbidden(item, at);
    if (within !== undefined) return within;
  }
  return undefined;
}

function wrongBody(field: string, description: string): SipfError {
  const violations = [{ field, description }];
  const named = field === 'body' ? 'the body' : field;
  return new SipfError('invalid-argument', `${named} ${description}`, {
    reason: 'INVALID_FIELD',
    violations,
  });
}
