import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a server does with the next request for a file; without one it serves it. */
type Misbehaviour =
  | { readonly kind: 'drop'; readonly afterBytes: number }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'stall' }
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'append'; readonly bytes: number }
  | { readonly kind: 'ignore-range' }
  | { readonly kind: 'wrong-range' };

/** One request for a file's content. */
interface ServedRequest {
  readonly file: string;
  /** Where the answer began. */
  readonly start: number;
  readonly authorization: string | undefined;
}

/** A hub on this machine that serves one repository, `tests/tiny`. */
export interface HubServer {
  readonly baseUrl: string;
  readonly requests: ServedRequest[];
  /** What happens to the next requests of each file, in order. */
  readonly misbehave: Map<string, Misbehaviour[]>;
  /** Statuses of the next requests for the list of files, in order. */
  readonly listStatuses: number[];
}

/** How a server lists its files. */
export interface HubServerOptions {
  /** Whether the list has sizes and hashes; without them they are asked for one by one. @default true */
  readonly listed?: boolean;
  /** Whether answers have hashes at all. @default true */
  readonly hashed?: boolean;
}

export const COMMIT = 'c0ffee'.padEnd(40, '0');

/** Large files are served from another address, as the storage behind a hub is. */
const STORED = '/storage/';

/** Starts a hub that ends with the current test. */
export async function startHub(
  files: Readonly<Record<string, Buffer>>,
  { listed = true, hashed = true }: HubServerOptions = {},
): Promise<HubServer> {
  const requests: ServedRequest[] = [];
  const misbehave = new Map<string, Misbehaviour[]>();
  const listStatuses: number[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://hub').pathname);
    if (path.startsWith('/api/models/tests/tiny/revision/')) {
      const status = listStatuses.shift() ?? 200;
      response.writeHead(status).end(JSON.stringify(listOf(files, listed && hashed)));
      return;
    }
    const file = path.replace(`/tests/tiny/resolve/${COMMIT}/`, '').replace(STORED, '');
    const content = files[file];
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (isLarge(file) && !path.startsWith(STORED)) {
      response.writeHead(302, { location: STORED + file, ...(hashed ? linkedHeaders(content) : {}) }).end();
      return;
    }
    const [next, ...later] = misbehave.get(file) ?? [];
    misbehave.set(file, later);
    serve({ request, response, content, hashed }, next, (start) => {
      requests.push({ file, start, authorization: request.headers.authorization });
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}`, requests, misbehave, listStatuses };
}

/** The name git has for a file's content. */
function gitBlob(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** The name LFS has for a file's content. */
export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function isLarge(file: string): boolean {
  return file.endsWith('.safetensors');
}

function listOf(files: Readonly<Record<string, Buffer>>, full: boolean) {
  const siblings = Object.entries(files).map(([rfilename, content]) => ({
    rfilename,
    ...(full ? { size: content.length, blobId: gitBlob(content) } : {}),
    ...(full && isLarge(rfilename) ? { lfs: { sha256: sha256(content), size: content.length } } : {}),
  }));
  return { id: 'tests/tiny', sha: COMMIT, siblings };
}

function linkedHeaders(content: Buffer): Record<string, string> {
  return { 'x-linked-etag': `"${sha256(content)}"`, 'x-linked-size': String(content.length) };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly content: Buffer;
  readonly hashed: boolean;
}

function serve(
  { request, response, content, hashed }: Exchange,
  misbehaviour: Misbehaviour | undefined,
  record: (start: number) => void,
): void {
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const start = misbehaviour?.kind === 'ignore-range' ? 0 : Number(asked ?? 0);
  const shown = misbehaviour?.kind === 'wrong-range' ? start + 1 : start;
  const body = content.subarray(start);
  const headers = {
    'content-length': body.length,
    ...(hashed ? { etag: `"${gitBlob(content)}"` } : {}),
    ...(start > 0 ? { 'content-range': `bytes ${shown}-${content.length - 1}/${content.length}` } : {}),
  };
  if (request.method === 'HEAD') {
    response.writeHead(200, headers).end();
    return;
  }
  record(start);
  const status = start > 0 ? 206 : 200;
  switch (misbehaviour?.kind) {
    case 'status':
      response.writeHead(misbehaviour.status).end();
      return;
    case 'stall':
      response.writeHead(status, headers).write(body.subarray(0, 1));
      return;
    case 'drop':
      response.writeHead(status, headers).write(body.subarray(0, misbehaviour.afterBytes));
      // A client may lose what it has not read when the connection breaks.
      setTimeout(() => response.destroy(), 50);
      return;
    case 'corrupt':
      response.writeHead(status, headers).end(body.map((byte) => byte ^ 1));
      return;
    case 'append': {
      const longer = Buffer.concat([body, Buffer.alloc(misbehaviour.bytes)]);
      response.writeHead(status, { ...headers, 'content-length': longer.length }).end(longer);
      return;
    }
    default:
      response.writeHead(status, headers).end(body);
  }
}
