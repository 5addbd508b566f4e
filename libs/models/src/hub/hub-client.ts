import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { hashOfTag } from './content-hash.ts';
import { hubError } from './hub-error.ts';
import type { HubFile, HubRevision, KnownFile } from './hub-file.ts';
import { openRange, type HubStream } from './open-range.ts';

/** Where a repository is. */
export interface HubRepository {
  /** `<organisation>/<name>`. */
  readonly repo: string;
  /** Branch, tag or commit. @default main */
  readonly revision?: string;
  /** The hub, e.g. `https://hub.example.org`; one that speaks the API of Hugging Face's. */
  readonly baseUrl: string;
  /** Sent to the hub alone, not to where it redirects. @default none */
  readonly token?: string;
}

const listing = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.looseObject({
      rfilename: z.string(),
      size: z.int().min(0).nullish(),
      blobId: z.string().nullish(),
      lfs: z.looseObject({ sha256: z.string().nullish() }).nullish(),
    }),
  ),
});

interface HubRequest {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly method?: 'HEAD';
  readonly redirect?: 'manual';
  readonly range?: string;
}

/** The requests that a download needs. */
export interface HubClient {
  /**
   * @throws SipfError not-found HUB_REPOSITORY_NOT_FOUND, failed-precondition HUB_ACCESS_DENIED, HUB_ANSWER_INVALID,
   * unavailable HUB_UNAVAILABLE
   */
  list(signal: AbortSignal): Promise<HubRevision>;
  /** Size and hash of a file whose listing lacks them. @throws SipfError failed-precondition HUB_HASH_MISSING */
  know(file: HubFile, commit: string, signal: AbortSignal): Promise<KnownFile>;
  /** The file's bytes from `start` on. @throws SipfError as `list` */
  open(file: KnownFile, commit: string, range: { start: number; signal: AbortSignal }): Promise<HubStream>;
}

/** @throws SipfError invalid-argument HUB_REPOSITORY_INVALID */
export function createHubClient({ repo, revision = 'main', baseUrl, token }: HubRepository): HubClient {
  checkNames(repo, revision);
  const base = baseUrl.replace(/\/+$/, '');
  const request = ({ url, range, ...init }: HubRequest): Promise<Response> => {
    // A compressed answer would have neither the file's size nor its ranges.
    const headers = new Headers({ 'accept-encoding': 'identity' });
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (range !== undefined) headers.set('range', range);
    return fetch(url, { ...init, headers }).catch((cause: unknown) => {
      throw hubError(repo, { cause });
    });
  };
  const urlOf = (name: string, commit: string) =>
    `${base}/${repo}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;
  return {
    async list(signal) {
      const url = `${base}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
      const response = await request({ url, signal });
      if (!response.ok) throw hubError(`${repo}@${revision}`, { status: response.status });
      const text = await response.text().catch((cause: unknown) => {
        throw hubError(repo, { cause });
      });
      const parsed = listing.safeParse(parseJson(text));
      if (!parsed.success) throw hubError(repo, { invalid: 'the list of files is not as expected' });
      const files = parsed.data.siblings.map(({ rfilename, size, blobId, lfs }) => ({
        name: rfilename,
        size: size ?? undefined,
        hash: hashOfTag(lfs?.sha256 ?? blobId),
      }));
      return { commit: parsed.data.sha, files };
    },
    async know(file, commit, signal) {
      const { name, size, hash } = file;
      if (size !== undefined && hash !== undefined) return { name, size, hash };
      const url = urlOf(name, commit);
      const { headers, status } = await request({ url, method: 'HEAD', redirect: 'manual', signal });
      if (status >= 400) throw hubError(`${repo}/${name}`, { status });
      const own = hashOfTag(headers.get('x-linked-etag')) ?? hashOfTag(headers.get('etag'));
      const length = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? NaN);
      if (own === undefined || !Number.isSafeInteger(length)) throw hashMissing(name);
      return { name, size: length, hash: own };
    },
    async open({ name, size }, commit, { start, signal }) {
      const url = urlOf(name, commit);
      return await openRange((range) => request({ url, ...range, signal }), {
        ...{ subject: `${repo}/${name}`, size, start },
      });
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkNames(repo: string, revision: string): void {
  const plain = /^[\w][\w.-]{0,95}(\/[\w][\w.-]{0,95})?$/.test(repo) && !repo.includes('..');
  const safe = /^[\w][\w./-]{0,199}$/.test(revision) && !revision.includes('..');
  if (plain && safe) return;
  const [field, value, what] = plain
    ? ['revision', revision, 'revision']
    : ['repo', repo, 'repository (org/name)'];
  const description = `${JSON.stringify(value.slice(0, 100))} is not the name of a ${what}`;
  throw new SipfError('invalid-argument', `${field}: ${description}`, {
    reason: 'HUB_REPOSITORY_INVALID',
    violations: [{ field, description }],
  });
}

function hashMissing(name: string): SipfError {
  return new SipfError(
    'failed-precondition',
    `the hub gives no hash for ${name}, so that it cannot be checked`,
    {
      reason: 'HUB_HASH_MISSING',
      violations: [{ field: name, description: 'has no hash' }],
    },
  );
}
