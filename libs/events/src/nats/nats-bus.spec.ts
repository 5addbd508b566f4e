import { connect } from 'nats';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventBus } from '../event-bus.ts';
import { describeEventBus } from '../testing/event-bus-suite.ts';
import { natsBinary, startTestNats, type TestNats } from '../testing/nats-for-tests.ts';
import { createRecordingLog, record, type Recorder } from '../testing/recorder.ts';
import { connectNatsBus } from './connect-nats-bus.ts';

describe.skipIf(natsBinary === undefined)('with a real server', () => {
  let nats: TestNats;
  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterAll(async () => {
    await nats.remove();
  });

  describeEventBus('the NATS bus', (log) => connectNatsBus({ url: nats.url, log }));
});

describe.skipIf(natsBinary === undefined)('the NATS bus', () => {
  async function withBus(work: (bus: EventBus, nats: TestNats) => Promise<void>): Promise<void> {
    const nats = await startTestNats();
    const bus = await connectNatsBus({ url: nats.url, log: createRecordingLog() });
    try {
      await work(bus, nats);
    } finally {
      await bus.close();
      await nats.remove();
    }
  }
  const event = (id: string) => ({ subject: 'sipf.a.iteration.1.scored', id, payload: new Uint8Array([1]) });
  const options = { durable: 'reader', subjects: ['sipf.>'] };

  function distinctIds({ events }: Recorder): string[] {
    return [...new Set(events.map(({ id }) => id))];
  }

  /** Publishes as an outbox does: again and again until the bus has taken it. */
  async function publishUntilTaken(bus: EventBus, id: string): Promise<void> {
    for (;;) {
      try {
        await bus.publish(event(id));
        return;
      } catch {
        await sleep(50);
      }
    }
  }

  it('forgets a name whose subscriber does not come back, and no other', async () => {
    await withBus(async (bus, { url }) => {
      const handler = () => Promise.resolve();
      const passing = { ...options, durable: 'passing', forgetAfterMs: 1000, handler };
      for (const subscription of [passing, { ...options, durable: 'lasting', handler }]) {
        await (await bus.subscribe(subscription)).stop();
      }
      const connection = await connect({ servers: url });
      const manager = await connection.jetstreamManager();
      const names = async () => (await manager.consumers.list('SIPF').next()).map(({ name }) => name);
      await expect.poll(names, { timeout: 20_000, interval: 200 }).toEqual(['lasting']);
      await connection.close();
    });
  });

  it('does not deliver an event again while its handler is at work for longer than the wait', async () => {
    await withBus(async (bus) => {
      const reader = await record(bus, { ...options, ackWaitMs: 300 }, () => sleep(1200));
      await bus.publish(event('1'));
      await bus.publish(event('2'));
      await reader.seen(2);
      expect(reader.ids()).toEqual(['1', '2']);
    });
  });

  it('delivers the event of a killed subscriber to the next one', async () => {
    await withBus(async (bus, nats) => {
      const main = fileURLToPath(new URL('../testing/hang-main.ts', import.meta.url));
      const child = spawn(process.execPath, [main, nats.url, 'reader', '500'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await bus.publish(event('1'));
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      const reader = await record(bus, options);
      await reader.seen(1);
      expect(reader.ids()).toEqual(['1#2']);
    });
  });

  it('loses nothing that its publisher keeps while the server is away', async () => {
    await withBus(async (bus, nats) => {
      const reader = await record(bus, { ...options, ackWaitMs: 500 });
      await bus.publish(event('1'));
      await reader.seen(1);
      await nats.stop();
      const refused = { kind: 'unavailable', reason: 'EVENTS_UNAVAILABLE' };
      await expect(bus.publish(event('2'))).rejects.toMatchObject(refused);
      await nats.start();
      for (const id of ['2', '1', '3']) await publishUntilTaken(bus, id);
      // The server may have stopped before it had noted that the first event was done.
      await expect.poll(() => distinctIds(reader), { timeout: 30_000 }).toEqual(['1', '2', '3']);
    });
  });

  it('continues with a server that has lost its store', async () => {
    await withBus(async (bus, nats) => {
      const reader = await record(bus, options);
      await bus.publish(event('1'));
      await reader.seen(1);
      await nats.stop();
      await nats.loseStore();
      await nats.start();
      await publishUntilTaken(bus, '2');
      await expect.poll(() => distinctIds(reader), { timeout: 30_000 }).toEqual(['1', '2']);
    });
  });

  it('refuses a stream that somebody else uses', async () => {
    const nats = await startTestNats();
    const connection = await connect({ servers: nats.url });
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: 'SIPF', subjects: ['other.>'] });
    await connection.close();
    await expect(connectNatsBus({ url: nats.url, log: createRecordingLog() })).rejects.toMatchObject({
      kind: 'failed-precondition',
      reason: 'STREAM_MISMATCH',
    });
    await nats.remove();
  });
});

it('says that no server is there', async () => {
  const call = connectNatsBus({ url: 'nats://127.0.0.1:1', log: createRecordingLog() });
  await expect(call).rejects.toMatchObject({ kind: 'unavailable', reason: 'EVENTS_UNAVAILABLE' });
});
