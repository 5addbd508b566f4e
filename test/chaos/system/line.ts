import type { ServiceName, SystemOptions } from './chaos-system.ts';
import { openFarHost } from './far-host.ts';
import type { LineQuality } from './line-quality.ts';
import { startRelay, type Relay } from './relay.ts';

/** A line to some of a system's services. */
export interface Line extends AsyncDisposable {
  /** What goes over it, and what carries it. */
  readonly what: string;
  /** Has a system call those services over it. */
  readonly options: Pick<SystemOptions, 'host' | 'flags' | 'via'>;
  /** Nothing passes, in neither direction, until the line is mended. */
  cut(): void;
  mend(): void;
}

/**
 * Packets to a host of their own. Where netem delays none, a relay before the line does.
 * @returns undefined where this machine cannot have one
 */
export async function openFarLine(
  names: readonly ServiceName[],
  quality: LineQuality,
): Promise<Line | undefined> {
  const far = await openFarHost(quality);
  if (far === undefined) return undefined;
  const { prefix, address, isDelayed, cut, mend } = far;
  const relays = relaysTo(names, { ...quality, bytesPerSecond: Infinity });
  const near = { prefix: [], address: '127.0.0.1:0' };
  return {
    what: `packets to a host with ${names.join(' and ')} (${isDelayed ? 'netem' : 'tbf, delayed by a relay'})`,
    options: {
      // In clear text: the line is this machine's own.
      flags: Object.fromEntries(names.map((name) => [name, ['--allow-insecure']])),
      host: (name) => (names.includes(name) ? { prefix, address: `${address}:0` } : near),
      ...(isDelayed ? {} : { via: relays.via }),
    },
    ...{ cut, mend },
    [Symbol.asyncDispose]: async () => {
      await relays[Symbol.asyncDispose]();
      far[Symbol.dispose]();
    },
  };
}

/** Bytes through relays on loopback, which any machine can have. */
export function openRelayedLine(names: readonly ServiceName[], quality: LineQuality): Promise<Line> {
  const { via, ...relays } = relaysTo(names, quality);
  const what = `bytes to ${names.join(' and ')} (relays on loopback)`;
  return Promise.resolve({ what, options: { via }, ...relays });
}

interface Relays extends Pick<Line, 'cut' | 'mend'>, AsyncDisposable {
  readonly via: NonNullable<SystemOptions['via']>;
}

/** A relay before each of the services, from the first call on that asks for its address. */
function relaysTo(names: readonly ServiceName[], quality: LineQuality): Relays {
  const opened = new AsyncDisposableStack();
  const relays: Relay[] = [];
  return {
    via: async (name, address) => {
      if (!names.includes(name)) return address;
      const relay = opened.use(await startRelay(address, quality));
      relays.push(relay);
      return relay.address;
    },
    cut: () => {
      for (const relay of relays) relay.cut();
    },
    mend: () => {
      for (const relay of relays) relay.mend();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
