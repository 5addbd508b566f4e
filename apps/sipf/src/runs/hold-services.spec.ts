import { acquireLease, runLayout, type Lease } from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { expect, it } from 'vitest';
import { holdServices } from './hold-services.ts';

const terminal = { signal: new AbortController().signal };

it.each(['command', 'lease'] as const)(
  'starts nothing beside the %s of another process, and says who that is',
  async (name) => {
    using folder = temporaryFolder();
    const where = { runs: folder.path, runId: 'x' };
    const hold = () => holdServices(where, { terminal, note: () => undefined });
    const other: Lease = await acquireLease(runLayout(where.runs, where.runId)[name]);
    await expect(hold()).rejects.toMatchObject({
      reason: 'RUN_IN_USE',
      message: expect.stringMatching(/^run x is held by process \d+ on \S+, since \S+Z$/) as string,
    });
    await other.release();
    await (await hold())[Symbol.asyncDispose]();
    await using held = await hold();
    await expect(hold()).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
    expect(held.lost).toBeInstanceOf(Promise);
  },
);
