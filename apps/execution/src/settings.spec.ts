import { executeBounds, MAX_EXECUTE_BYTES } from '@sipf/contracts';
import { programBounds } from '@sipf/sandbox';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { executionShape, toPoolOptions } from './settings.ts';

it('takes at its boundary what the sandbox takes, in requests that hold it', () => {
  expect(executeBounds).toEqual(programBounds);
  const settings = z.object(executionShape).parse({});
  expect(settings.maxRequestBytes).toBe(MAX_EXECUTE_BYTES);
  expect(MAX_EXECUTE_BYTES).toBeGreaterThan(16 * 2 ** 20 + 3 * 6_000_000);
  expect(toPoolOptions(settings)).toMatchObject({ maxQueue: 1000, maxQueuedBytes: 256 * 2 ** 20 });
});
