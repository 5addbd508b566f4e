import { hubError } from './hub-error.ts';

/** A part of a file on its way. */
export interface HubStream {
  /** Where the bytes begin: what was asked for, or 0 where the server knows no ranges. */
  readonly start: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What is asked for. */
interface WantedRange {
  /** For errors. */
  readonly subject: string;
  /** Of the whole file, in bytes. */
  readonly size: number;
  readonly start: number;
}

/**
 * The bytes of a file from `start` on. @param request sends the request, with this header `range` where it has one
 * @throws SipfError as {@link hubError} makes it of another answer
 */
export async function openRange(
  request: (range: { readonly range?: string }) => Promise<Response>,
  { subject, size, start }: WantedRange,
): Promise<HubStream> {
  const response = await request(start > 0 ? { range: `bytes=${start}-` } : {});
  if (!response.ok || response.body === null) throw hubError(subject, { status: response.status });
  if (response.status !== 206) return { start: 0, bytes: response.body };
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (range?.[1] === String(start) && (range[2] === '*' || range[2] === String(size))) {
    return { start, bytes: response.body };
  }
  await response.body.cancel();
  throw hubError(subject, { invalid: 'the server answered with another range' });
}
