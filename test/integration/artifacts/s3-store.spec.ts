import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { openArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { describeArtifactStore, temporaryFolder } from '@sipf/artifacts/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3_CREDENTIALS, startS3, type TestS3 } from '../../support/s3-server.ts';

let server: TestS3;
let client: S3Client;

beforeAll(async () => {
  Object.assign(process.env, S3_CREDENTIALS);
  server = await startS3();
  client = new S3Client({ region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

/** A store of its own for every test: a prefix in the bucket. */
async function open(prefix: string, cache = temporaryFolder()) {
  const location = `s3://${server.bucket}/${prefix}?endpoint=${encodeURIComponent(server.endpoint)}`;
  return (await openArtifactStore(location, { cache })).store;
}

describeArtifactStore('a store on an S3-compatible server', async () => {
  const prefix = randomUUID();
  // Two processes of one machine.
  const cache = temporaryFolder();
  const [store, other] = await Promise.all([open(prefix, cache), open(prefix, cache)]);
  return {
    store,
    other,
    damage: async (digest, Body) => {
      const Key = `${prefix}/blobs/${digest.slice('sha256:'.length)}`;
      await client.send(new PutObjectCommand({ Bucket: server.bucket, Key, Body }));
    },
  };
});

it('uploads in parts what is larger than one', async () => {
  const store = await open(randomUUID());
  const bytes = new Uint8Array(17 * 1024 * 1024).map((_, index) => (index * 2_654_435_761) % 251);
  const ref = await store.putBytes(bytes, MEDIA_TYPES.bytes);
  expect(Buffer.compare(await store.readBytes(ref, { maxBytes: bytes.length }), bytes)).toBe(0);
});

it('says that the store cannot be used where nobody answers', async () => {
  const { store } = await openArtifactStore('s3://bucket?endpoint=http://127.0.0.1:1', {
    cache: temporaryFolder(),
  });
  await expect(store.putBytes(new Uint8Array(1), MEDIA_TYPES.bytes)).rejects.toMatchObject({
    kind: 'unavailable',
    reason: 'ARTIFACT_STORE_UNAVAILABLE',
  });
});

it.each([
  ['s3://', 'names no bucket'],
  ['s3://UPPER_CASE/x', 'names no bucket'],
  ['nats://127.0.0.1:4222/', 'names no bucket'],
  ['ftp://host/x', 'begins with none of'],
])('refuses the location %s', async (location, why) => {
  const opened = openArtifactStore(location);
  await expect(opened).rejects.toMatchObject({ reason: 'ARTIFACT_LOCATION_INVALID' });
  await expect(opened).rejects.toThrow(why);
});

it('reveals no password of a location', async () => {
  await expect(openArtifactStore('nats://me:secret@host:1/')).rejects.toThrow(/^(?!.*secret)/s);
});
