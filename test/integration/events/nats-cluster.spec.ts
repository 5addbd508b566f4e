import { openArtifactStore } from '@sipf/artifacts';
import { connectNatsBus, joinNatsBus } from '@sipf/events';
import { createLogger } from '@sipf/service';
import { connect } from 'nats';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { temporaryFolder } from '../../support/models.ts';
import { startNatsCluster, type NatsCluster } from '../../support/nats-cluster.ts';
import { hasNats, startNats } from '../../support/nats.ts';

/** A cluster elects and catches up; a busy machine takes its time. */
const PATIENCE = { timeout: 60_000, interval: 100 };
const log = createLogger({ service: 'test', level: 'silent' });
const STREAM = { replicas: 3, mib: 16 };

const eventOf = (id: string) => ({
  ...{ subject: 'sipf.run.iteration.1.scored', id },
  payload: new TextEncoder().encode(id),
});

describe.skipIf(!hasNats)('a cluster of three NATS servers', () => {
  const folder = temporaryFolder();
  let cluster: NatsCluster;

  beforeAll(async () => {
    cluster = await startNatsCluster(folder.path);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    folder.remove();
  });

  it('keeps events and artifacts on all of them, and loses none with the one that leads', async () => {
    // Until the cluster has a leader nobody can make a stream: who comes as early joins late.
    const { url, servers } = cluster;
    const bus = await joinNatsBus({ url, log, stream: STREAM });
    const seen: string[] = [];
    await bus.subscribe({
      ...{ durable: 'reader', subjects: ['sipf.>'] },
      handler: ({ id }) => {
        seen.push(id);
        return Promise.resolve();
      },
    });
    const taken = (id: string): Promise<void> =>
      expect.poll(() => bus.publish(eventOf(id)).then(() => true, String), PATIENCE).toBe(true);
    await taken('1');
    const location = `${servers[0]?.url ?? ''}/models?replicas=3`;
    const { store, close } = await openArtifactStore(location, { cache: join(folder.path, 'cache') });
    const ref = await store.putBytes(new Uint8Array([7]), 'text/plain');
    await close();

    const connection = await connect({ servers: url.split(',') });
    const manager = await connection.jetstreamManager();
    const { config } = await manager.streams.info('SIPF');
    expect(config).toMatchObject({ num_replicas: 3, max_bytes: 16 * 1024 * 1024 });
    expect((await manager.streams.info('OBJ_models')).config.num_replicas).toBe(3);
    await connection.close();
    const leader = await cluster.stopLeader('SIPF');

    await taken('2');
    await expect.poll(() => [...new Set(seen)], PATIENCE).toEqual(['1', '2']);
    await bus.close();
    const left = servers.find((_server, index) => index !== leader)?.url ?? '';
    const other = await openArtifactStore(`${left}/models?replicas=3`, { cache: join(folder.path, 'other') });
    await expect.poll(() => other.store.has(ref).catch(String), PATIENCE).toBe(true);
    await other.close();
  });
});

describe.skipIf(!hasNats)('who comes before the NATS server', () => {
  it('goes on without it, and finds it later: events are refused until then, and subscriptions wait', async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    const bus = await joinNatsBus({ url: `nats://127.0.0.1:${port}`, log });
    const seen: string[] = [];
    const handler = ({ id }: { readonly id: string }): Promise<void> => {
      seen.push(id);
      return Promise.resolve();
    };
    const stopped = await bus.subscribe({ durable: 'stopped', subjects: ['sipf.>'], handler });
    await bus.subscribe({ durable: 'reader', subjects: ['sipf.>'], handler });
    await stopped.stop();
    await expect(bus.publish(eventOf('1'))).rejects.toMatchObject({
      ...{ kind: 'unavailable', reason: 'EVENTS_UNAVAILABLE', retryAfterMs: 500 },
    });
    const server = await startNats(join(folder.path, 'store'), { port });
    await expect.poll(() => bus.publish(eventOf('2')).then(() => true, String), PATIENCE).toBe(true);
    await expect.poll(() => seen, PATIENCE).toEqual(['2']);
    await bus.close();
    await server.stop();
    folder.remove();
  });

  it('can leave before it has come, and is told what waiting does not mend', async () => {
    const port = await freePort();
    const bus = await joinNatsBus({ url: `nats://127.0.0.1:${port}`, log });
    await bus.close();
    const folder = temporaryFolder();
    const configFile = join(folder.path, 'nats.conf');
    writeFileSync(configFile, 'authorization { token: "right" }');
    const server = await startNats(join(folder.path, 'store'), { configFile });
    const wrong = server.url.replace('://', '://wrong@');
    for (const open of [joinNatsBus, connectNatsBus])
      await expect(open({ url: wrong, log })).rejects.toMatchObject({ kind: 'unauthenticated' });
    await server.stop();
    folder.remove();
  });
});
