import { SipfError } from '@sipf/errors';
import type { FastifyInstance } from 'fastify';

/** A body that is nothing that is read here; its form is that of fastify's own refusals, see httpErrorOf. */
class UnsupportedMedia extends Error {
  readonly code = 'unsupported-media-type';
  readonly statusCode = 415;
}

/** Has a server read JSON in UTF-8 and no other body: neither a compressed one, nor one whose bytes are no UTF-8. */
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
    if (text === undefined) done(noUtf8());
    else void parseJson(request, text, done);
  });
}

function decoded(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function noUtf8(): SipfError {
  const violations = [{ field: 'body', description: 'is no UTF-8' }];
  return new SipfError('invalid-argument', 'the body is no UTF-8', { reason: 'INVALID_FIELD', violations });
}
