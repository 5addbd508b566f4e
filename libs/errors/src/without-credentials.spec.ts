import { expect, it } from 'vitest';
import { withoutCredentials } from './without-credentials.ts';

it.each([
  ['lost nats://me:secret@host:4222', 'lost nats://…@host:4222'],
  ['nats://a:secret@x,nats://t0ken@y/b', 'nats://…@x,nats://…@y/b'],
  ['{"url":"https://me:s%40cret@host/v1?x=a@b"}', '{"url":"https://…@host/v1?x=a@b"}'],
  [
    'https://host/path/me@example.org and me@example.org',
    'https://host/path/me@example.org and me@example.org',
  ],
])('shows %s as %s', (text, shown) => {
  expect(withoutCredentials(text)).toBe(shown);
});
