import { join } from 'node:path';
import { findNatsServer, startNatsServer, type NatsServer } from '@sipf/events';
import { root } from '../run/step.ts';

// A server that runs elsewhere is not ours to fill, so NATS_URL does not count here.
const found = await findNatsServer({ toolsFolder: join(root, '.tools'), env: { PATH: process.env['PATH'] } });
const binary = found?.kind === 'binary' ? found.binary : undefined;

/** Whether this machine has a nats-server; tests that need one are skipped where it has none. */
export const hasNats = binary !== undefined;

if (!hasNats) process.stderr.write('skipping tests of NATS: no nats-server can be had\n');

/** Where and how a server of a test runs. */
export interface NatsPlace {
  /** A free one where it is 0. @default 0 */
  readonly port?: number;
  /** Further settings, as nats-server reads them. */
  readonly configFile?: string;
}

/** A server of our own. @param storeDir JetStream's folder */
export async function startNats(storeDir: string, place: NatsPlace = {}): Promise<NatsServer> {
  if (binary === undefined) throw new Error('no nats-server');
  return startNatsServer({ binary, storeDir, ...place });
}
