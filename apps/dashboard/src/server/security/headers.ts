import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** Headers that keep the page to itself: only its own scripts and styles, no frames, no referrer. */
export async function addSecurityHeaders(
  server: FastifyInstance,
  { isTls }: { isTls: boolean },
): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    hsts: isTls,
  });
}
