import { SipfError } from '@sipf/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { attemptOf, retryWhileAway } from './retry-while-away.ts';

const { signal } = new AbortController();
const away = new SipfError('unavailable', 'away', { reason: 'UNAVAILABLE' });

/** Fails so often, each time after some milliseconds and perhaps a sign of life. */
function service(failures: number, { lastsMs = 0, lives = false, error = away } = {}) {
  let calls = 0;
  return async (alive: () => void): Promise<number> => {
    calls += 1;
    if (lives) alive();
    await sleep(lastsMs);
    if (calls <= failures) throw error;
    return calls;
  };
}

it('continues for as long as a service gets on between two deaths, however often it dies', async () => {
  // Lives of a tenth of the patience, twice as long together: a pause of the process decides nothing.
  const options = { patienceMs: 600, firstDelayMs: 1 };
  expect(await retryWhileAway(signal, service(20, { lastsMs: 60, lives: true }), options)).toBe(21);
  await expect(retryWhileAway(signal, service(20, { lastsMs: 60 }), options)).rejects.toBe(away);
});

it('waits for as long as a service asks for, and reports every wait', async () => {
  const error = new SipfError('resource-exhausted', 'full', { reason: 'QUEUE_FULL', retryAfterMs: 80 });
  const waits: SipfError[] = [];
  const began = performance.now();
  await retryWhileAway(signal, service(1, { error }), { firstDelayMs: 1, onWait: (why) => waits.push(why) });
  expect(performance.now() - began).toBeGreaterThan(75);
  expect(waits).toEqual([error]);
});

it('neither waits for what will not pass nor for room on a disk', async () => {
  for (const error of [
    new SipfError('invalid-argument', 'wrong', { reason: 'INVALID_FIELD' }),
    new SipfError('resource-exhausted', 'full', { reason: 'STORAGE_FULL' }),
    new SipfError('resource-exhausted', 'large', { reason: 'MESSAGE_TOO_LARGE' }),
  ]) {
    await expect(retryWhileAway(signal, service(1, { error }))).rejects.toBe(error);
  }
});

it('ends its wait when it is cancelled', async () => {
  const cancel = new AbortController();
  const waiting = retryWhileAway(cancel.signal, service(1), { firstDelayMs: 60_000 });
  setTimeout(() => {
    cancel.abort();
  }, 20);
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

it('says what work waits for once it has waited for long, and when it goes on', async () => {
  const said: string[] = [];
  const onSilence = ({ message }: SipfError) => {
    said.push(message);
    return () => {
      said.push('goes on');
    };
  };
  let calls = 0;
  const call = async (_alive: () => void, heard: () => void): Promise<string> => {
    calls += 1;
    if (calls < 5 || (calls > 5 && calls < 9)) throw away;
    if (calls === 5) heard();
    if (calls === 5) throw away;
    return await Promise.resolve('done');
  };
  expect(await retryWhileAway(signal, call, { firstDelayMs: 40, silentMs: 20, onSilence })).toBe('done');
  expect(said).toEqual(['away', 'goes on', 'away', 'goes on']);
});

it('says nothing of a wait that is short', async () => {
  const said: string[] = [];
  const onSilence = () => {
    said.push('silent');
    return () => undefined;
  };
  await retryWhileAway(signal, service(1), { firstDelayMs: 1, silentMs: 30_000, onSilence });
  expect(said).toEqual([]);
});

it('asks again where one attempt had no answer in its time, but keeps to the time of the whole call', async () => {
  const late = new SipfError('deadline-exceeded', 'Deadline exceeded', { reason: 'DEADLINE_EXCEEDED' });
  const silent = service(2, { error: late });
  const call = (alive: () => void) => attemptOf(silent(alive));
  expect(await retryWhileAway(signal, call, { firstDelayMs: 1 })).toBe(3);
  await expect(retryWhileAway(signal, service(1, { error: late }), { firstDelayMs: 1 })).rejects.toBe(late);
});
