import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startNatsServer } from '../server/start-nats-server.ts';
import { natsBinary } from '../testing/nats-for-tests.ts';
import { createRecordingLog } from '../testing/recorder.ts';
import { connectNatsBus } from './connect-nats-bus.ts';

it.skipIf(natsBinary === undefined)('says how much room a server needs that has too little', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-nats-room-'));
  const configFile = join(folder, 'nats.conf');
  writeFileSync(configFile, 'jetstream { max_file_store: 8MB }');
  const storeDir = join(folder, 'store');
  const server = await startNatsServer({ binary: natsBinary ?? '', storeDir, configFile });
  try {
    await expect(connectNatsBus({ url: server.url, log: createRecordingLog() })).rejects.toMatchObject({
      reason: 'EVENTS_UNAVAILABLE',
      message:
        'cannot use JetStream: insufficient storage resources available: its store sets 256 MiB aside, make room on its disk or set --nats-stream-mib lower',
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
