import { connectivityState, status, type Channel as GrpcChannel } from '@grpc/grpc-js';

/** How a channel is made, and when anew. */
export interface RenewedChannelOptions {
  /** A channel with connections of its own. */
  readonly make: () => Channel;
  /** Longest wait of a call for a connection. */
  readonly connectMs: number;
  /** The addresses behind the target as they are now; undefined where they cannot change. */
  readonly lookUp: (() => Promise<readonly string[]>) | undefined;
  /** Servers behind the target as long as nobody was asked. */
  readonly serversAtFirst: number;
  /** Between two looks, while there are calls. */
  readonly lookUpMs: number;
}

type Channel = Pick<GrpcChannel, keyof GrpcChannel>;
type Call = ReturnType<Channel['createCall']>;

/**
 * Calls that may be given up on one connection: Node's servers close one on which a thousand are, with all that others have on it.
 */
const MOST_GIVEN_UP = 800;

/** One of the channels that follow each other. */
interface Era {
  readonly channel: Channel;
  readonly open: Set<Call>;
  /** How often it had a connection that it could use. */
  connections: number;
  /** Calls that this end gave up. */
  givenUp: number;
}

/** @see RenewedChannel */
export function createRenewedChannel(
  options: RenewedChannelOptions,
): GrpcChannel & Pick<RenewedChannel, 'countServers'> {
  const channel: Channel & Pick<RenewedChannel, 'countServers'> = new RenewedChannel(options);
  // grpc-js asks for the interface, and names its class.
  return channel as typeof channel & GrpcChannel;
}

/**
 * A channel over channels that follow each other. grpc-js waits without end for a server that takes a connection and then says
 * nothing, and asks a name only when it loses one. Here a call that gets no connection in time ends with UNAVAILABLE, and what
 * comes after it connects anew; where addresses join a name, a new channel has them all before it takes over; and one on which
 * many calls are, or may be, given up is left before the server closes it. Calls under way stay where they are, and their channel is closed
 * after the last.
 */
class RenewedChannel implements Channel {
  readonly #options: RenewedChannelOptions;
  #era: Era;
  #next: Era | undefined;
  #known: Promise<readonly string[] | undefined> | undefined;
  #lookedAt = -Infinity;
  #servers: number;
  #isClosed = false;

  constructor(options: RenewedChannelOptions) {
    this.#options = options;
    this.#servers = options.serversAtFirst;
    this.#era = this.#begin();
  }

  createCall(...of: Parameters<Channel['createCall']>): Call {
    this.#lookUpNowAndThen();
    if (this.#era.givenUp + this.#era.open.size >= MOST_GIVEN_UP) this.#takeOver(this.#begin());
    const era = this.#era;
    const call = era.channel.createCall(...of);
    const { connections } = era;
    const isConnected = era.channel.getConnectivityState(false) === connectivityState.READY;
    const timer = setTimeout(() => {
      if (!isConnected && era.connections === connections) this.#unconnected(era, call);
    }, this.#options.connectMs);
    era.open.add(call);
    atEnd(call, (code) => {
      clearTimeout(timer);
      era.open.delete(call);
      this.#closeIfLeft(era);
      if (code === status.CANCELLED || code === status.DEADLINE_EXCEEDED) era.givenUp += 1;
    });
    return call;
  }

  /** Servers behind the target as the latest look found them; looks again where that was long ago. */
  countServers(): number {
    if (!this.#isClosed) this.#lookUpNowAndThen();
    return this.#servers;
  }

  close(): void {
    this.#isClosed = true;
    for (const era of [this.#era, this.#next]) era?.channel.close();
  }

  getTarget(): string {
    return this.#era.channel.getTarget();
  }

  getConnectivityState(tryToConnect: boolean): connectivityState {
    return this.#era.channel.getConnectivityState(tryToConnect);
  }

  watchConnectivityState(...of: Parameters<Channel['watchConnectivityState']>): void {
    this.#era.channel.watchConnectivityState(...of);
  }

  getChannelzRef(): ReturnType<Channel['getChannelzRef']> {
    return this.#era.channel.getChannelzRef();
  }

  #begin(): Era {
    const era: Era = { channel: this.#options.make(), open: new Set(), connections: 0, givenUp: 0 };
    const watch = (): void => {
      const state = era.channel.getConnectivityState(false);
      if (state === connectivityState.SHUTDOWN) return;
      if (state === connectivityState.READY) era.connections += 1;
      if (state === connectivityState.READY && era === this.#next) this.#takeOver(era);
      era.channel.watchConnectivityState(state, Infinity, watch);
    };
    watch();
    return era;
  }

  #takeOver(era: Era): void {
    const before = this.#era;
    this.#era = era;
    this.#next = undefined;
    this.#closeIfLeft(before);
  }

  #connectNext(): void {
    this.#next?.channel.close();
    this.#next = this.#begin();
    this.#next.channel.getConnectivityState(true);
  }

  #closeIfLeft(era: Era): void {
    if (era !== this.#era && era.open.size === 0) era.channel.close();
  }

  #unconnected(era: Era, call: Call): void {
    if (era === this.#era && !this.#isClosed) this.#takeOver(this.#begin());
    const seconds = this.#options.connectMs / 1000;
    call.cancelWithStatus(
      status.UNAVAILABLE,
      `${this.getTarget()} does not answer: no connection in ${seconds} s`,
    );
  }

  /** Looks who stands behind the name, now and then; not waited for. */
  #lookUpNowAndThen(): void {
    const { lookUp, lookUpMs } = this.#options;
    const now = performance.now();
    if (lookUp === undefined || now - this.#lookedAt < lookUpMs) return;
    this.#lookedAt = now;
    // Where the name cannot be asked what is known stays; calls say what is wrong.
    const found = lookUp().catch(() => undefined);
    const known = this.#known;
    this.#known = found.then(async (addresses) => {
      const before = await known;
      if (addresses === undefined) return before;
      // One that has addresses of both kinds is one.
      const ofVersion6 = addresses.filter((address) => address.includes(':')).length;
      this.#servers = Math.max(ofVersion6, addresses.length - ofVersion6);
      const isJoined = before !== undefined && addresses.some((address) => !before.includes(address));
      // One that has found no connection since the last look is made anew, too.
      if ((isJoined || this.#next !== undefined) && !this.#isClosed) this.#connectNext();
      return addresses;
    });
  }
}

/** Calls `ended` with the status when the call ends, however it ends. */
function atEnd(call: Call, ended: (code: status) => void): void {
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    start(metadata, {
      onReceiveMetadata: (received) => {
        listener.onReceiveMetadata(received);
      },
      onReceiveMessage: (message: unknown) => {
        listener.onReceiveMessage(message);
      },
      onReceiveStatus: (received) => {
        ended(received.code);
        listener.onReceiveStatus(received);
      },
    });
  };
}
