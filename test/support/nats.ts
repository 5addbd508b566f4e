import { findNatsServer, startNatsServer, type NatsServer } from '@sipf/events';
import { join } from 'node:path';
import { root } from '../run/step.ts';

// Ignores NATS_URL: tests must not fill a server that runs elsewhere.
const found = await findNatsServer({ toolsFolder: join(root, '.tools'), env: { PATH: process.env['PATH'] } });
const binary = found?.kind === 'binary' ? found.binary : undefined;

/** Whether this machine has a nats-server; tests that need one are skipped otherwise. */
export const hasNats = binary !== undefined;

if (!hasNats) process.stderr.write('skipping tests of NATS: no nats-server found\n');

/** Options of a test's server. */
export interface NatsOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Further settings, as nats-server reads them. */
  readonly configFile?: string;
}

/** Starts a separate server. @param storeDir JetStream's folder */
export async function startNats(storeDir: string, options: NatsOptions = {}): Promise<NatsServer> {
  if (binary === undefined) throw new Error('no nats-server');
  return startNatsServer({ binary, storeDir, ...options });
}
