import { ANYONE } from '@sipf/async';
import { expect, it } from 'vitest';
import { RowRoom } from './row-room.ts';

const refused = { isRefused: true, signal: new AbortController().signal, claim: ANYONE };
const waiting = { ...refused, isRefused: false };

it('refuses rows beyond its bound with the time to come back, and takes them once others have left', async () => {
  const room = new RowRoom(10);
  const leave = await room.enter(6, refused);
  await expect(room.enter(5, refused)).rejects.toMatchObject({
    ...{ kind: 'resource-exhausted', reason: 'QUEUE_FULL', retryAfterMs: 1000 },
  });
  const small = await room.enter(4, refused);
  leave();
  small();
  (await room.enter(10, refused))();
});

it('lets a request of a stream wait, in its turn, and until its signal fires', async () => {
  const room = new RowRoom(10);
  const leave = await room.enter(10, refused);
  const stop = new AbortController();
  const cancelled = room.enter(1, { ...waiting, signal: stop.signal });
  const next = room.enter(10, waiting);
  stop.abort();
  await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(room.enter(1, refused)).rejects.toMatchObject({ reason: 'QUEUE_FULL' });
  leave();
  (await next)();
});

it('takes a request that is larger than all of it, alone', async () => {
  const room = new RowRoom(10);
  const leave = await room.enter(11, refused);
  await expect(room.enter(1, refused)).rejects.toMatchObject({ reason: 'QUEUE_FULL' });
  leave();
});

it('keeps room for the first rows of clients that have none, also while requests of streams wait', async () => {
  const room = new RowRoom(40);
  const run = { priority: 'bulk', clientId: 'run' } as const;
  const leave = await room.enter(40, { ...refused, claim: run });
  const stream = room.enter(20, { ...waiting, claim: run });
  const leavePerson = await room.enter(2, {
    ...refused,
    claim: { priority: 'interactive', clientId: 'person' },
  });
  await expect(room.enter(2, { ...refused, claim: run })).rejects.toMatchObject({ reason: 'QUEUE_FULL' });
  leavePerson();
  leave();
  (await stream)();
});
