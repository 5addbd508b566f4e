import { lookup as lookUp } from 'node:dns/promises';

/** The servers that answer alike, as they are now. */
export interface Servers {
  /** For people: hosts, or the name that they are found by. */
  readonly name: string;
  /** Whether there may be more than one. */
  readonly areSeveral: boolean;
  /** At least one URL, up to and without what a call names. @throws Error where no name can be resolved */
  list(): Promise<readonly URL[]>;
}

/** Servers that stay the same. @param urls at least one */
export function fixedServers(urls: readonly URL[]): Servers {
  return {
    name: urls.map(({ host }) => host).join(', '),
    areSeveral: urls.length > 1,
    list: () => Promise.resolve(urls),
  };
}

/** How {@link resolvedServers} asks. */
export interface ResolveOptions {
  /** Milliseconds of any clock that does not go back. */
  readonly now: () => number;
  /** All addresses of a name. @default the system's */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
}

/** Addresses are asked for again after this time. */
const FRESH_MS = 10_000;
/** A name with more addresses than this is not one of servers. */
const MOST_SERVERS = 256;

/**
 * Every address of a name, such as a headless service of Kubernetes, asked for again every 10 seconds. A name server that fails
 * changes nothing.
 * @param url with the name as its host; `http:`, because addresses have no certificates
 */
export function resolvedServers(url: URL, { now, lookup = addressesOf }: ResolveOptions): Servers {
  let known: readonly URL[] = [];
  let askedAt = -Infinity;
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    const addresses = await lookup(url.hostname);
    known = [...new Set(addresses)].slice(0, MOST_SERVERS).map((address) => withHost(url, address));
  };
  const refresh = async (): Promise<void> => {
    if (now() - askedAt < FRESH_MS) return;
    asking ??= ask().finally(() => {
      [asking, askedAt] = [undefined, now()];
    });
    await asking;
  };
  return {
    name: url.host,
    areSeveral: true,
    list: async () => {
      try {
        await refresh();
      } catch (error) {
        if (known.length === 0) throw error;
      }
      if (known.length === 0) throw new Error(`${url.hostname} has no address`);
      return known;
    },
  };
}

async function addressesOf(host: string): Promise<readonly string[]> {
  return (await lookUp(host, { all: true })).map(({ address }) => address);
}

function withHost(url: URL, address: string): URL {
  const one = new URL(url);
  one.hostname = address.includes(':') ? `[${address}]` : address;
  return one;
}
