import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The fate of a request: the proxy forwards it, or misbehaves itself. */
export type ProxyBehaviour =
  | 'pass'
  | 'busy'
  | 'broken'
  | 'cut'
  | 'garbage'
  | 'silent'
  | { readonly status: number }
  /** Forwarded, with a changed answer. */
  | { readonly change: (body: Record<string, unknown>) => Record<string, unknown> };

/** A proxy before an HTTP server, on a socket of this machine. */
export interface FaultyProxy extends AsyncDisposable {
  /** `http://host:port` */
  readonly url: string;
  /** The server; may change. */
  target: string;
  /** The behaviour for the n-th `POST`, from 1, to a path that ends with `completions`. */
  behave: (n: number) => ProxyBehaviour;
  /** Paths of all requests, in order. */
  readonly paths: readonly string[];
  /** Open completions. */
  readonly open: () => number;
  /** Most completions open at once. */
  readonly mostOpen: () => number;
}

/** Starts a proxy that forwards everything. @param target `host:port` */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const paths: string[] = [];
  let [open, most, completions] = [0, 0, 0];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    const isCompletion = request.url?.endsWith('completions') === true;
    if (isCompletion) {
      most = Math.max(most, ++open);
      response.on('close', () => open--);
    }
    void respond(request, response, isCompletion ? proxy.behave(++completions) : 'pass', proxy.target);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target,
    behave: () => 'pass',
    paths,
    open: () => open,
    mostOpen: () => most,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  behaviour: ProxyBehaviour,
  target: string,
): Promise<void> {
  const body = Buffer.concat(await request.toArray());
  switch (behaviour) {
    case 'busy':
      response.writeHead(429, { 'retry-after': '0.05' }).end();
      return;
    case 'broken':
      response.writeHead(500).end('<html>');
      return;
    case 'cut':
      response.writeHead(200, { 'content-length': 1000 }).write('{"choices":', () => response.destroy());
      return;
    case 'garbage':
      response.writeHead(200).end('{"choices": [{"text": 1}]}');
      return;
    case 'silent':
      return;
    case 'pass':
      pass(request, response, { body, target });
      return;
    default:
      if ('status' in behaviour) response.writeHead(behaviour.status).end('{"error":{"message":"no"}}');
      else pass(request, response, { body, target, ...behaviour });
  }
}

interface Passed {
  readonly body: Buffer;
  readonly target: string;
  readonly change?: (body: Record<string, unknown>) => Record<string, unknown>;
}

function pass(request: IncomingMessage, response: ServerResponse, { body, target, change }: Passed): void {
  const { method, headers, url = '' } = request;
  const onward = send(`http://${target}${url}`, { method, headers }, (answer) => {
    void answer.toArray().then((chunks) => {
      const text = Buffer.concat(chunks as Buffer[]).toString();
      const changed = change === undefined ? text : JSON.stringify(change(JSON.parse(text) as never));
      const { 'retry-after': retryAfter } = answer.headers;
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      response.writeHead(answer.statusCode ?? 500).end(changed);
    }, response.destroy.bind(response));
  });
  // A client that hangs up here hangs up there.
  response.on('close', () => onward.destroy());
  onward.on('error', () => response.destroy());
  onward.end(body);
}
