import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNatsServer } from '../server/find-nats-server.mjs';
import { startNatsServer, type NatsServer } from '../server/start-nats-server.ts';

const TOOLS = fileURLToPath(new URL('../../../../.tools', import.meta.url));

// Tests must not stop or fill a server that runs elsewhere, so NATS_URL does not count here.
const found = await findNatsServer({ toolsFolder: TOOLS, env: { PATH: process.env['PATH'] } });

/** The nats-server program, or undefined on a machine without one. */
export const natsBinary = found?.kind === 'binary' ? found.binary : undefined;

/** A real server with a store of its own, that a test may stop and start at will. */
export interface TestNats {
  readonly url: string;
  stop(): Promise<void>;
  /** Starts it again at the same address. */
  start(): Promise<void>;
  loseStore(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts a server; the caller removes it. */
export async function startTestNats(): Promise<TestNats> {
  if (natsBinary === undefined) throw new Error('no nats-server on this machine');
  const binary = natsBinary;
  const folder = await mkdtemp(join(tmpdir(), 'sipf-nats-store-'));
  const storeDir = join(folder, 'store');
  let server: NatsServer = await startNatsServer({ binary, storeDir });
  const { url, port } = server;
  return {
    url,
    stop: () => server.stop(),
    async start() {
      server = await startNatsServer({ binary, storeDir, port });
    },
    loseStore: () => rm(storeDir, { recursive: true, force: true }),
    async remove() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
