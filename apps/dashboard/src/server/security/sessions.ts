import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const LIFETIME_MS = 12 * 3_600_000;
/** Most sessions at the same time; beyond it the oldest must log in again. */
const MAX_SESSIONS = 1000;
const ID = /^[A-Za-z0-9_-]{43}$/;

/** Sessions by random ids, and for every id the token that its changes carry. */
export class Sessions {
  readonly #secret = randomBytes(32);
  readonly #token: Buffer | undefined;
  readonly #openUntil = new Map<string, number>();
  readonly #now: () => number;

  /**
   * @param token opens a session; undefined where every session is open
   * @param now milliseconds since 1970
   */
  constructor(token: string | undefined, now: () => number) {
    this.#token = token === undefined ? undefined : digestOf(token);
    this.#now = now;
  }

  /** Whether a session must be opened by the token. */
  get needsToken(): boolean {
    return this.#token !== undefined;
  }

  /** A new id. */
  create(): string {
    return randomBytes(32).toString('base64url');
  }

  /** Whether the text has the form of a session's id. */
  isId(id: string | undefined): id is string {
    return id !== undefined && ID.test(id);
  }

  isOpen(id: string): boolean {
    return this.#token === undefined || (this.#openUntil.get(id) ?? 0) > this.#now();
  }

  /** Opens a new session where the token is right. @returns its id; undefined for a wrong token */
  open(given: string): string | undefined {
    if (this.#token === undefined || !timingSafeEqual(digestOf(given), this.#token)) return undefined;
    const id = this.create();
    this.#openUntil.set(id, this.#now() + LIFETIME_MS);
    const [oldest] = this.#openUntil.keys();
    if (this.#openUntil.size > MAX_SESSIONS && oldest !== undefined) this.#openUntil.delete(oldest);
    return id;
  }

  /** The token that a change must carry besides the cookie: other sites can send the cookie but cannot know this. */
  csrfToken(id: string): string {
    return createHmac('sha256', this.#secret).update(id).digest('base64url');
  }

  isCsrfToken(id: string, given: string): boolean {
    return timingSafeEqual(digestOf(given), digestOf(this.csrfToken(id)));
  }
}

/** Has equal length for every text, so that the time to compare reveals nothing. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
