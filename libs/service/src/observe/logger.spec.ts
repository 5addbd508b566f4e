import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

it('logs no credentials, neither under names of secrets nor in the addresses of a message, a value or an error', () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'test',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const url = 'nats://me:s3cret@host:4222/models';
  logger.warn({ data: url, password: 's3cret', nested: { token: 's3cret' } }, `lost ${url}`);
  logger.error({ err: new Error(`cannot reach ${url}`, { cause: new Error(url) }) }, 'failed');
  expect(lines.join('')).not.toContain('s3cret');
  expect(lines.join('')).toContain('lost nats://…@host:4222/models');
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
});
