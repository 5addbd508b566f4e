import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LineQuality } from './line-quality.ts';

/** A line to a server through which all its calls go. */
export interface Relay extends AsyncDisposable {
  /** `host:port` to call instead of the server's own. */
  readonly address: string;
  /** Nothing passes, in neither direction, until the line is mended. */
  cut(): void;
  mend(): void;
}

/** Opens one to `host:port`. @param listen where it listens. @default a free port of loopback */
export async function startRelay(
  target: string,
  quality: LineQuality,
  listen = { host: '127.0.0.1', port: 0 },
): Promise<Relay> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let whole = Promise.resolve();
  let mend = (): void => undefined;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const carry = async (from: Socket, to: Socket): Promise<void> => {
    for await (const piece of from as AsyncIterable<Buffer>) {
      await sleep(quality.delayMs + (1000 * piece.length) / quality.bytesPerSecond);
      await whole;
      if (!to.write(piece)) await once(to, 'drain');
    }
  };
  const server = createServer((near) => {
    const far = keep(connect(Number(port), host));
    keep(near);
    for (const work of [carry(near, far), carry(far, near)]) {
      const close = (): void => {
        near.destroy();
        far.destroy();
      };
      work.then(close, close);
    }
  });
  await once(server.listen(listen), 'listening');
  return {
    address: `${listen.host}:${(server.address() as AddressInfo).port}`,
    cut: () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      whole = promise.then(() => undefined);
      mend = () => {
        resolve(undefined);
      };
    },
    mend: () => {
      mend();
    },
    [Symbol.asyncDispose]: async () => {
      mend();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
