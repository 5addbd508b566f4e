import { findNatsServer, startNatsServer, type NatsServer } from '@sipf/events';
import { temporaryFolder } from '@sipf/runs/testing';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openNatsLeases } from './nats-leases.ts';
import { describeServerLeases, loseHeldLease } from './testing/server-leases-suite.ts';

const toolsFolder = fileURLToPath(new URL('../../../../.tools', import.meta.url));
// A server that runs elsewhere must not be filled.
const found = await findNatsServer({ toolsFolder, env: { PATH: process.env['PATH'] } });
const binary = found?.kind === 'binary' ? found.binary : undefined;

describe.skipIf(binary === undefined)('in a bucket of a real server of NATS', () => {
  const folder = temporaryFolder();
  const storeDir = join(folder.path, 'nats');
  let nats: NatsServer;
  const start = (port = 0) => startNatsServer({ binary: binary ?? '', storeDir, port });

  beforeAll(async () => {
    nats = await start();
  });

  afterAll(async () => {
    await nats.stop();
    folder[Symbol.dispose]();
  });

  describeServerLeases(() => openNatsLeases(nats.url, 1), 100);

  it('leases are held by a holder whose server has lost them, and by no other one meanwhile', async () => {
    const both = [await openNatsLeases(nats.url, 1), await openNatsLeases(nats.url, 1)];
    await loseHeldLease(both, async () => {
      await nats.stop();
      rmSync(storeDir, { recursive: true });
      nats = await start(nats.port);
    });
    for (const leases of both) await leases.close();
  });
});
