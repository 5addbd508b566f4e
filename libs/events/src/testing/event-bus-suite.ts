import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventBus, OutgoingEvent } from '../event-bus.ts';
import { createRecordingLog, record } from './recorder.ts';

/** What every implementation of {@link EventBus} must do. */
export function describeEventBus(
  name: string,
  open: (log: ReturnType<typeof createRecordingLog>) => Promise<EventBus>,
) {
  describe(name, () => {
    let bus: EventBus;
    let log: ReturnType<typeof createRecordingLog>;
    let run = '';
    let tests = 0;

    beforeEach(async () => {
      tests += 1;
      run = `run-${tests}`;
      log = createRecordingLog();
      bus = await open(log);
    });
    afterEach(async () => {
      await bus.close();
    });

    const event = (id: string, stage = 'sampled'): OutgoingEvent => ({
      subject: `sipf.${run}.iteration.1.${stage}`,
      id: `${run}/${id}`,
      payload: new TextEncoder().encode(`payload of ${id}`),
    });
    const publish = async (...ids: string[]): Promise<void> => {
      for (const id of ids) await bus.publish(event(id));
    };
    const options = (durable = 'reader') => ({
      durable: `${durable}-${run}`,
      subjects: [`sipf.${run}.>`],
      retryDelayMs: 5,
    });
    const ids = (...names: string[]): string[] => names.map((id) => `${run}/${id}`);

    it('delivers every event to every durable name, in order, as it was published', async () => {
      const before = await record(bus, options('before'));
      await publish('1', '2', '3');
      const after = await record(bus, options('after'));
      await Promise.all([before.seen(3), after.seen(3)]);
      expect(before.ids()).toEqual(ids('1', '2', '3'));
      expect(after.ids()).toEqual(ids('1', '2', '3'));
      const [first] = after.events;
      expect(first?.subject).toBe(`sipf.${run}.iteration.1.sampled`);
      expect(new TextDecoder().decode(first?.payload)).toBe('payload of 1');
    });

    it('carries the trace of the publisher beside the event, and the number of events behind it', async () => {
      const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      await bus.publish({ ...event('1'), trace });
      await publish('2');
      const reader = await record(bus, options());
      await reader.seen(2);
      expect(reader.events.map((received) => received.trace)).toEqual([trace, undefined]);
      expect(reader.events.map(({ pending }) => pending)).toEqual([1, 0]);
    });

    it('stores an event once, however often it is published', async () => {
      const reader = await record(bus, options());
      await publish('1', '1', '2', '1', 'end');
      await reader.seen(3);
      expect(reader.ids()).toEqual(ids('1', '2', 'end'));
    });

    it('delivers only the subjects asked for', async () => {
      const subjects = [`sipf.${run}.iteration.*.scored`, `sipf.${run}.iteration.1.paired`];
      const reader = await record(bus, { ...options(), subjects });
      await publish('1');
      await bus.publish(event('2', 'scored'));
      await bus.publish(event('3', 'aligned'));
      await bus.publish({ ...event('4'), subject: `sipf.${run}-other.iteration.1.scored` });
      await bus.publish(event('5', 'paired'));
      await reader.seen(2);
      expect(reader.ids()).toEqual(ids('2', '5'));
    });

    it('delivers an event again when its handler throws, before the events after it', async () => {
      const reader = await record(bus, options(), ({ delivery }) =>
        delivery < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(),
      );
      await publish('1', '2');
      await reader.seen(6);
      expect(reader.ids()).toEqual(ids('1', '1#2', '1#3', '2', '2#2', '2#3'));
    });

    it('gives an event up after its last delivery, says so, and keeps serving', async () => {
      const reader = await record(bus, { ...options(), maxDeliver: 2 }, ({ id }) =>
        id.endsWith('/bad') ? Promise.reject(new Error('never')) : Promise.resolve(),
      );
      await publish('bad', 'good');
      await reader.seen(3);
      expect(reader.ids()).toEqual(ids('bad', 'bad#2', 'good'));
      expect(log.lines.filter((line) => line.includes('dead letter') && line.includes('/bad'))).toHaveLength(
        1,
      );
    });

    it('keeps what is published while a durable name is away, and repeats nothing that was done', async () => {
      const first = await record(bus, options());
      await publish('1');
      await first.seen(1);
      await first.subscription.stop();
      await publish('2', '3');
      const second = await record(bus, options());
      await second.seen(2);
      expect(first.ids()).toEqual(ids('1'));
      expect(second.ids()).toEqual(ids('2', '3'));
    });

    it('begins with what comes next where that is asked for', async () => {
      await publish('1');
      const reader = await record(bus, { ...options(), from: 'new' });
      await publish('2');
      await reader.seen(1);
      expect(reader.ids()).toEqual(ids('2'));
    });

    it('shares the events of one durable name between its subscribers', async () => {
      const [one, other] = [await record(bus, options()), await record(bus, options())];
      const names = Array.from({ length: 30 }, (_, index) => `e${index}`);
      await publish(...names);
      const last = await record(bus, options('last'));
      await last.seen(names.length);
      await expect
        .poll(() => one.events.length + other.events.length, { timeout: 30_000 })
        .toBe(names.length);
      expect([...one.ids(), ...other.ids()].sort()).toEqual(ids(...names).sort());
    });

    it('aborts a running handler, and delivers its event to the next subscriber', async () => {
      const first = await record(bus, options(), async (_event, { signal }) => {
        await once(signal, 'abort');
        throw signal.reason as Error;
      });
      await publish('1');
      await first.seen(1);
      await first.subscription.stop();
      const second = await record(bus, options());
      await second.seen(1);
      expect(second.ids()).toEqual(ids('1#2'));
    });

    it('refuses subjects outside its own, and malformed names', async () => {
      const handler = () => Promise.resolve();
      for (const subject of ['other.run', 'sipf', 'sipf.a b', 'sipf.*', 'sipf.A']) {
        await expect(bus.publish({ ...event('1'), subject })).rejects.toMatchObject({
          kind: 'invalid-argument',
        });
      }
      for (const wrong of [
        { durable: 'a.b' },
        { subjects: [] },
        { subjects: ['>'] },
        { subjects: ['sipf.>.a'] },
      ]) {
        const call = bus.subscribe({ ...options(), ...wrong, handler });
        await expect(call).rejects.toMatchObject({ kind: 'invalid-argument' });
      }
    });

    it('refuses to publish once it is closed', async () => {
      await bus.close();
      await expect(bus.publish(event('1'))).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });
}
