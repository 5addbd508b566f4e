import { openArtifactStore } from '@sipf/artifacts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNatsServer, type NatsServer } from '../server/start-nats-server.ts';
import { natsBinary } from '../testing/nats-for-tests.ts';
import { createRecordingLog } from '../testing/recorder.ts';
import { connectNatsBus } from './connect-nats-bus.ts';

describe.skipIf(natsBinary === undefined)('a server that wants a user and a password', () => {
  let server: NatsServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sipf-nats-users-'));
    const configFile = join(folder, 'nats.conf');
    writeFileSync(configFile, 'authorization { user: "me", password: "s@cret/%" }');
    server = await startNatsServer({ binary: natsBinary ?? '', storeDir: join(folder, 'store'), configFile });
  });

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const address = (credentials: string): string => server.url.replace('://', `://${credentials}@`);

  it('lets the bus in by those of its address', async () => {
    const bus = await connectNatsBus({ url: address('me:s%40cret%2F%25'), log: createRecordingLog() });
    await bus.publish({ subject: 'sipf.a.iteration.1.scored', id: '1', payload: new Uint8Array() });
    await bus.close();
  });

  it('lets the artifact store in by those of its address', async () => {
    const location = `${address('me:s%40cret%2F%25')}/models`;
    const { store, close } = await openArtifactStore(location, { cache: join(folder, 'cache') });
    const ref = await store.putBytes(new Uint8Array([1]), 'text/plain');
    expect(await store.has(ref)).toBe(true);
    await close();
  });

  it.each(['me:wr0ng', 'wr0ng'])('refuses %s, and no message repeats it', async (credentials) => {
    const url = address(credentials);
    const attempts = [
      () => connectNatsBus({ url, log: createRecordingLog() }),
      () => openArtifactStore(`${url}/models`, { cache: join(folder, 'cache') }),
    ];
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind: 'unauthenticated' });
      expect(String(error)).toMatch(/127\.0\.0\.1:\d+: .*Authorization/i);
      expect(JSON.stringify([String(error), error])).not.toContain('wr0ng');
    }
  });
});
