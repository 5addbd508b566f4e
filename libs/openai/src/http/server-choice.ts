/** A server as its client knows it. */
export interface ServerState {
  readonly url: URL;
  /** Requests under way. */
  open: number;
  /** Failures since it last answered. */
  failures: number;
  /** No request goes to it before this time, while another server can take it. */
  restsUntil: number;
  /** Number of the last request that it got, of all. */
  last: number;
}

/** First rest of a server that failed; twice as long each time. */
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;

/** The states of the servers of a list that changes; what is forgotten comes back as new. */
export class ServerChoice {
  #states = new Map<string, ServerState>();
  #count = 0;
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The states of these servers; any other is forgotten, its open requests go on. */
  keep(urls: readonly URL[]): readonly ServerState[] {
    this.#states = new Map(
      urls.map((url) => [
        url.href,
        this.#states.get(url.href) ?? { url, open: 0, failures: 0, restsUntil: -Infinity, last: 0 },
      ]),
    );
    return [...this.#states.values()];
  }

  /** The one with the fewest open requests that does not rest; else the one whose rest ends first. @param states at least one */
  choose(states: readonly ServerState[]): ServerState {
    const awake = states.filter((state) => this.isAwake(state));
    const [chosen] =
      awake.length > 0
        ? awake.toSorted((a, b) => a.open - b.open || a.last - b.last)
        : states.toSorted((a, b) => a.restsUntil - b.restsUntil);
    if (chosen === undefined) throw new RangeError('no server to choose from');
    chosen.last = ++this.#count;
    return chosen;
  }

  isAwake({ restsUntil }: ServerState): boolean {
    return restsUntil <= this.#now();
  }

  /** @param atLeastMs what the server itself asks for */
  failed(state: ServerState, atLeastMs = 0): void {
    state.failures += 1;
    const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (state.failures - 1));
    state.restsUntil = this.#now() + Math.max(rest, atLeastMs);
  }

  answered(state: ServerState): void {
    state.failures = 0;
    state.restsUntil = -Infinity;
  }
}
