import { expect, it } from 'vitest';
import { Attempts } from './attempts.ts';
import { Sessions } from './sessions.ts';

const HOUR_MS = 3_600_000;

it('is open to everyone without a token', () => {
  const sessions = new Sessions(undefined, () => 0);
  expect(sessions.isOpen(sessions.create())).toBe(true);
  expect(sessions.open('')).toBeUndefined();
});

it('opens a session by the token alone, for twelve hours', () => {
  let now = 0;
  const sessions = new Sessions('a long enough token', () => now);
  const visitor = sessions.create();
  expect(sessions.isOpen(visitor)).toBe(false);
  for (const wrong of ['', 'a long enough toke', 'a long enough token ']) {
    expect(sessions.open(wrong)).toBeUndefined();
  }
  const id = sessions.open('a long enough token');
  expect(id).not.toBe(visitor);
  expect(sessions.isOpen(id ?? '')).toBe(true);
  expect(sessions.isOpen(visitor)).toBe(false);
  now = 12 * HOUR_MS;
  expect(sessions.isOpen(id ?? '')).toBe(false);
});

it('gives every session its own token for changes', () => {
  const sessions = new Sessions(undefined, () => 0);
  const [a, b] = [sessions.create(), sessions.create()];
  expect(sessions.isCsrfToken(a, sessions.csrfToken(a))).toBe(true);
  expect(sessions.isCsrfToken(b, sessions.csrfToken(a))).toBe(false);
  expect(sessions.isCsrfToken(a, '')).toBe(false);
  expect(new Sessions(undefined, () => 0).csrfToken(a)).not.toBe(sessions.csrfToken(a));
});

it('takes only ids of its own form', () => {
  const sessions = new Sessions(undefined, () => 0);
  expect(sessions.isId(sessions.create())).toBe(true);
  expect([undefined, '', 'x', `${sessions.create()}x`].some((id) => sessions.isId(id))).toBe(false);
});

it('makes guessing slow', () => {
  let now = 0;
  const attempts = new Attempts({ limit: 2, windowMs: 1000, now: () => now });
  attempts.fail();
  now = 400;
  expect(attempts.waitMs).toBe(0);
  attempts.fail();
  expect(attempts.waitMs).toBe(600);
  now = 1000;
  expect(attempts.waitMs).toBe(0);
});
