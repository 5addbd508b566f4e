import { openArtifactStore, type OpenedArtifactStore } from '@sipf/artifacts';
import { describeArtifactStore, temporaryFolder } from '@sipf/artifacts/testing';
import type { NatsServer } from '@sipf/events';
import { connect, type NatsConnection } from 'nats';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder as suiteFolder } from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';

describe.skipIf(!hasNats)("a store in NATS' object store", () => {
  const folder = suiteFolder();
  const opened: OpenedArtifactStore[] = [];
  let nats: NatsServer;
  let connection: NatsConnection;
  let buckets = 0;

  beforeAll(async () => {
    nats = await startNats(join(folder.path, 'nats'));
    connection = await connect({ servers: nats.url });
  });
  afterEach(async () => {
    for (const { close } of opened.splice(0)) await close();
  });
  afterAll(async () => {
    await connection.close();
    await nats.stop();
    folder.remove();
  });

  async function open(bucket: string, cache: string) {
    const next = await openArtifactStore(`${nats.url}/${bucket}`, { cache });
    opened.push(next);
    return next.store;
  }

  describeArtifactStore('as any store', async () => {
    buckets += 1;
    const bucket = `artifacts-${buckets}`;
    // Two processes of one machine.
    const cache = temporaryFolder();
    const store = await open(bucket, cache);
    return {
      store,
      other: await open(bucket, cache),
      damage: async (digest, bytes) => {
        const objects = await connection.jetstream().views.os(bucket);
        await objects.putBlob({ name: digest.slice('sha256:'.length) }, bytes);
      },
    };
  });

  it('is said to be unavailable where nobody answers', async () => {
    await expect(openArtifactStore('nats://127.0.0.1:1/artifacts')).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'ARTIFACT_STORE_UNAVAILABLE',
    });
  });
});
