import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { formatAddress, parseAddress } from '../server/listen-address.ts';

/** The small HTTP server beside a gRPC service. */
export interface MetricsServer {
  /** `host:port` as bound. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Serves `/metrics` (Prometheus text) and `/healthz` (200 while `isServing`, else 503). */
export async function startMetricsServer(options: {
  readonly address: string;
  readonly registry: Registry;
  readonly isServing: () => boolean;
}): Promise<MetricsServer> {
  const { host, port } = parseAddress(options.address);
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address();
  return {
    address: formatAddress(host, typeof bound === 'object' && bound !== null ? bound.port : port),
    async stop() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { registry, isServing }: { readonly registry: Registry; readonly isServing: () => boolean },
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/metrics') {
    response.setHeader('content-type', registry.contentType);
    response.end(await registry.metrics());
    return;
  }
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.statusCode = pathname !== '/healthz' ? 404 : isServing() ? 200 : 503;
  response.end(pathname !== '/healthz' ? 'not found\n' : isServing() ? 'serving\n' : 'not serving\n');
}
