import { SipfError } from '@sipf/errors';
import { hubError, openRange } from '@sipf/models';
import { z } from 'zod';
import type { Wheel } from './wheels.ts';

const project = z.looseObject({
  files: z.array(
    z.looseObject({ filename: z.string(), url: z.string(), hashes: z.record(z.string(), z.string()) }),
  ),
});

/** The form of a project's page that names hashes (PEP 691). */
const AS_JSON = 'application/vnd.pypi.simple.v1+json';

/**
 * Where a registry has a package file: the one with the pinned hash, whatever the registry says of versions.
 * @param index as pip takes it (PEP 503)
 * @throws SipfError not-found WHEEL_NOT_FOUND; as the registry's answers deserve
 */
export async function findWheel(wheel: Wheel, index: string, signal: AbortSignal): Promise<string> {
  const page = `${index.replace(/\/+$/, '')}/${wheel.project}/`;
  const response = await request(page, { accept: AS_JSON }, signal);
  if (!response.ok) throw hubError(wheel.project, { status: response.status });
  const parsed = project.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success)
    throw hubError(wheel.project, { invalid: `the registry does not answer with ${AS_JSON}` });
  const found = parsed.data.files.find(({ hashes }) => hashes['sha256'] === wheel.sha256);
  if (found !== undefined) return new URL(found.url, page).href;
  const message = `${index} has no ${wheel.file} with SHA-256 ${wheel.sha256}: name another registry by --index`;
  throw new SipfError('not-found', message, { reason: 'WHEEL_NOT_FOUND' });
}

/** What a download reads from a file's address. */
export function wheelAt(url: string) {
  return {
    open: (
      { name, size }: { name: string; size: number },
      _: string,
      { start, signal }: { start: number; signal: AbortSignal },
    ) =>
      openRange((range) => request(url, { 'accept-encoding': 'identity', ...range }, signal), {
        ...{ subject: name, size, start },
      }),
  };
}

async function request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  return await fetch(url, { headers, signal }).catch((cause: unknown) => {
    throw hubError(new URL(url).hostname, { cause });
  });
}
