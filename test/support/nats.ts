import { join } from 'node:path';
import { findNatsServer, startNatsServer, type NatsServer } from '@sipf/events';
import { root } from '../run/step.ts';

// A server that runs elsewhere is not ours to fill, so NATS_URL does not count here.
const found = await findNatsServer({ toolsFolder: join(root, '.tools'), env: { PATH: process.env['PATH'] } });
const binary = found?.kind === 'binary' ? found.binary : undefined;

/** Whether this machine has a nats-server; tests that need one are skipped where it has none. */
export const hasNats = binary !== undefined;

if (!hasNats) process.stderr.write('skipping tests of NATS: no nats-server can be had\n');

/**
 * A server of our own.
 * @param storeDir JetStream's folder
 * @param port a free one where it is 0
 */
export async function startNats(storeDir: string, port = 0): Promise<NatsServer> {
  if (binary === undefined) throw new Error('no nats-server');
  return startNatsServer({ binary, storeDir, port });
}
