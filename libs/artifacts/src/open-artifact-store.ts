import { SipfError, withoutCredentials } from '@sipf/errors';
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ArtifactStore } from './artifact-store.ts';
import { BlobArtifactStore } from './blob-artifact-store.ts';
import type { BlobStorage } from './blobs/blob-storage.ts';
import { withTypedFailures } from './blobs/typed-failures.ts';
import { FolderArtifactStore } from './folder-artifact-store.ts';

/** A store and the connection that it may need. */
export interface OpenedArtifactStore {
  readonly store: ArtifactStore;
  /** Ends the connection. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the store at a location:
 *
 * - a path: a local or shared folder;
 * - `s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME]`: an S3-compatible server; credentials as the AWS SDK finds them
 *   (variables, profiles, roles of a container), paths instead of host names where an endpoint is given;
 * - `nats://HOST:PORT/BUCKET[?replicas=N]` or `tls://…`: NATS' object store; the bucket is made where it is missing, on N servers
 *   of a cluster; credentials and certificates as in parseNatsAddress.
 *
 * @param options.cache folder for what is downloaded from a server. @default one in the user's cache (`XDG_CACHE_HOME`,
 * `~/.cache`)
 * @throws SipfError `invalid-argument` ARTIFACT_LOCATION_INVALID; `unavailable` ARTIFACT_STORE_UNAVAILABLE
 */
export async function openArtifactStore(
  location: string,
  options: { readonly cache?: string | undefined } = {},
): Promise<OpenedArtifactStore> {
  const scheme = /^([a-z0-9]+):\/\//.exec(location)?.[1];
  if (scheme === undefined) {
    return { store: new FolderArtifactStore(resolve(location)), close: () => Promise.resolve() };
  }
  const open = SERVERS[scheme];
  if (open === undefined) throw invalidLocation(location, 'begins with none of s3://, nats:// and tls://');
  const { blobs, close } = await open(urlOf(location));
  const cache = options.cache ?? defaultCache(location);
  return { store: new BlobArtifactStore(withTypedFailures(blobs, `${scheme} store`), cache), close };
}

interface OpenedBlobs {
  readonly blobs: BlobStorage;
  readonly close: () => Promise<void>;
}

const SERVERS: Readonly<Record<string, (url: URL) => Promise<OpenedBlobs>>> = {
  s3: openS3,
  nats: openNats,
  tls: openNats,
};

async function openS3(url: URL): Promise<OpenedBlobs> {
  const bucket = url.hostname;
  if (!/^[a-z0-9][a-z0-9.-]{1,62}$/.test(bucket)) throw invalidLocation(url.href, 'names no bucket');
  const path = url.pathname.replace(/^\/+|\/+$/g, '');
  const endpoint = url.searchParams.get('endpoint');
  // Only who uses the SDK waits until it is loaded: a fifth of what a service loads.
  const { connectS3 } = await import('./blobs/s3-blobs.ts');
  if (endpoint !== null && withoutCredentials(endpoint) !== endpoint)
    throw invalidLocation(
      url.href,
      'has credentials in its endpoint; the AWS SDK takes them from the environment or its own files',
    );
  const region = url.searchParams.get('region') ?? 'us-east-1';
  return connectS3({ bucket, prefix: path === '' ? '' : `${path}/` }, { region, endpoint });
}

async function openNats(url: URL): Promise<OpenedBlobs> {
  const bucket = url.pathname.slice(1);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(bucket))
    throw invalidLocation(url.href, 'names no bucket after the address');
  const replicas = url.searchParams.get('replicas') ?? '1';
  if (!/^[1-5]$/.test(replicas))
    throw invalidLocation(url.href, 'has replicas that are no number from 1 to 5');
  const server = new URL(url);
  server.pathname = '';
  server.search = '';
  // As with the SDK: who has the store elsewhere need not load it.
  const [{ notConnected, parseNatsAddress }, { connectNatsBlobs }] = await Promise.all([
    import('./nats-address.ts'),
    import('./blobs/nats-blobs.ts'),
  ]);
  const { options } = parseNatsAddress(server.href);
  try {
    return await connectNatsBlobs({ bucket, replicas: Number(replicas) }, options);
  } catch (cause) {
    throw notConnected(`no object store at ${url.host}`, cause, 'ARTIFACT_STORE_UNAVAILABLE');
  }
}

function urlOf(location: string): URL {
  if (URL.canParse(location)) return new URL(location);
  throw invalidLocation(location, 'is not an address');
}

/** What a server's store is kept in here: one folder a location, shared by the processes of this machine. */
function defaultCache(location: string): string {
  const name = createHash('sha256').update(location).digest('hex').slice(0, 16);
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sipf-artifacts', name);
}

/** Describes the fault without anything that may be a password. */
function invalidLocation(location: string, description: string): SipfError {
  const shown = withoutCredentials(location).slice(0, 200);
  return new SipfError('invalid-argument', `the artifact store ${JSON.stringify(shown)} ${description}`, {
    reason: 'ARTIFACT_LOCATION_INVALID',
    violations: [{ field: 'artifacts', description }],
  });
}
