import { expect, it } from 'vitest';
import { describeEventBus } from '../testing/event-bus-suite.ts';
import { createRecordingLog, record } from '../testing/recorder.ts';
import { createInProcessBus } from './in-process-bus.ts';

describeEventBus('the in-process bus', (log) => Promise.resolve(createInProcessBus({ log })));

it('reports that it dropped unread events', async () => {
  const log = createRecordingLog();
  const bus = createInProcessBus({ log, capacity: 2 });
  const options = { durable: 'reader', subjects: ['sipf.>'] };
  const first = await record(bus, options);
  await first.subscription.stop();
  for (const id of ['1', '2', '3']) await bus.publish({ subject: 'sipf.a', id, payload: new Uint8Array() });
  const reader = await record(bus, options);
  await reader.seen(2);
  expect(reader.ids()).toEqual(['2', '3']);
  expect(log.lines).toEqual([
    'events were forgotten before they were delivered {"durable":"reader","lost":1}',
  ]);
  await bus.close();
});

it('gives every subscriber bytes of its own', async () => {
  const bus = createInProcessBus({ log: createRecordingLog() });
  const payload = new Uint8Array([1]);
  await bus.publish({ subject: 'sipf.a', id: '1', payload });
  payload.fill(9);
  for (const durable of ['one', 'other']) {
    const reader = await record(bus, { durable, subjects: ['sipf.a'] }, (event) => {
      expect([...event.payload]).toEqual([1]);
      event.payload.fill(7);
      return Promise.resolve();
    });
    await reader.seen(1);
    await reader.subscription.stop();
    expect(reader.ids()).toEqual(['1']);
  }
  await bus.close();
});
