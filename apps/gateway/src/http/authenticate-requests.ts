import type { Authenticator } from '@sipf/service';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a caller's token needs; absent for public routes. */
    readonly scope?: string;
  }
}

/** Refuses requests without a token that covers their route's scope, before the body is read. */
export function authenticateRequests(server: FastifyInstance, authenticator: Authenticator): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { scope } = request.routeOptions.config;
    if (scope !== undefined) authenticator.authenticate(request.headers.authorization, scope);
    done();
  });
}
