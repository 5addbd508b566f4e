import { SipfError } from '@sipf/errors';

/** What went wrong with a request: an answer's status, an answer that makes no sense, or none at all. */
export interface HubFailure {
  readonly status?: number;
  readonly invalid?: string;
  readonly cause?: unknown;
}

const RETRY_AFTER_MS = 30_000;

/** The error of a request about `subject`, a repository or a file. */
export function hubError(subject: string, { status, invalid, cause }: HubFailure): SipfError {
  if (invalid !== undefined) {
    return new SipfError('failed-precondition', `${subject}: ${invalid}`, { reason: 'HUB_ANSWER_INVALID' });
  }
  if (status === 404) {
    return new SipfError('not-found', `the hub has no ${subject}`, { reason: 'HUB_REPOSITORY_NOT_FOUND' });
  }
  if (status === 401 || status === 403) {
    const message = `the hub gives no access to ${subject}: it may be private or gated, or not exist`;
    return new SipfError('failed-precondition', message, { reason: 'HUB_ACCESS_DENIED' });
  }
  const why = status === undefined ? 'cannot be reached' : `answered with status ${status}`;
  const kind = status === undefined || isTransientStatus(status) ? 'unavailable' : 'failed-precondition';
  return new SipfError(kind, `${subject}: the hub ${why}`, {
    reason: kind === 'unavailable' ? 'HUB_UNAVAILABLE' : 'HUB_ANSWER_INVALID',
    ...(kind === 'unavailable' ? { retryAfterMs: RETRY_AFTER_MS } : {}),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Whether the same request may succeed later: the server is busy or broken. */
function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
