import type { NatsServer } from '@sipf/events';
import { connect } from 'nats';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { startNats } from './nats.ts';

/** Servers of NATS that keep each other's data. */
export interface NatsCluster extends AsyncDisposable {
  /** Of all of them, as `--nats-url` takes them. */
  readonly url: string;
  readonly servers: readonly NatsServer[];
  /** Ends the one that leads a stream, and leaves it so. @returns its place among {@link servers} */
  stopLeader(stream: string): Promise<number>;
}

/** Starts three. @param folder for their settings and stores */
export async function startNatsCluster(folder: string): Promise<NatsCluster> {
  mkdirSync(folder, { recursive: true });
  const routes = [await freePort(), await freePort(), await freePort()];
  const servers = await Promise.all(routes.map((_, index) => startOne(folder, routes, index)));
  const url = servers.map((server) => server.url).join(',');
  return {
    ...{ url, servers },
    stopLeader: async (stream) => {
      const connection = await connect({ servers: url.split(',') });
      const { cluster } = await (await connection.jetstreamManager()).streams.info(stream);
      await connection.close();
      // `n2` is the third.
      const leader = Number(cluster?.leader?.slice(1));
      await servers[leader]?.stop();
      return leader;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function startOne(folder: string, routes: readonly number[], index: number): Promise<NatsServer> {
  const configFile = join(folder, `${index}.conf`);
  const peers = routes.map((route) => `"nats://127.0.0.1:${route}"`).join(', ');
  const cluster = `cluster { name: sipf, listen: "127.0.0.1:${routes[index] ?? 0}", routes: [${peers}] }`;
  writeFileSync(configFile, `server_name: "n${index}"\n${cluster}`);
  return await startNats(join(folder, `store-${index}`), { configFile });
}
