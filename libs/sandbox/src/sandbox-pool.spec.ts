import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readProcessUsage } from './process-usage.ts';
import { SandboxPool } from './sandbox-pool.ts';

const good = { language: 'javascript', code: 'const f = () => 4;', tests: 'assert.equal(f(), 4);' } as const;
const endless = { language: 'javascript', code: 'for (;;);' } as const;
const isAlive = (pid: number) => readProcessUsage(pid) !== undefined;

/** Kills a process, which may have ended and not be known to have. */
function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

describe('SandboxPool', () => {
  it('bounds the bytes of what waits, and says when to come back', async () => {
    await using pool = new SandboxPool({ processes: 1, maxQueuedBytes: 16 * 2 ** 20 });
    const busy = pool.run(endless, { limits: { wallTimeMs: 400 } });
    const large = { ...good, stdin: 'x'.repeat(10 * 2 ** 20) };
    const waiting = pool.run(large);
    await expect(pool.run(large)).rejects.toMatchObject({
      kind: 'resource-exhausted',
      reason: 'SANDBOX_QUEUE_FULL',
      retryAfterMs: expect.any(Number) as number,
    });
    expect(await pool.run(good)).toMatchObject({ outcome: 'passed' });
    expect(await waiting).toMatchObject({ outcome: 'passed' });
    await busy;
    expect(await pool.run({ ...good, stdin: 'x'.repeat(16 * 2 ** 20) })).toMatchObject({ outcome: 'passed' });
  });

  it('serves clients in turn', async () => {
    await using pool = new SandboxPool({ processes: 1 });
    const order: string[] = [];
    const run = async (clientId: string) => {
      await pool.run(good, { clientId });
      order.push(clientId);
    };
    await Promise.all([run('a'), run('a'), run('a'), run('a'), run('b'), run('b')]);
    expect(order.join('')).toBe('ababaa');
  });

  it('refuses what its queue cannot hold and says when to come back', async () => {
    await using pool = new SandboxPool({ processes: 1, maxQueue: 1 });
    const accepted = [pool.run(good), pool.run(good)];
    await expect(pool.run(good)).rejects.toMatchObject({
      kind: 'resource-exhausted',
      reason: 'SANDBOX_QUEUE_FULL',
      retryAfterMs: expect.any(Number) as number,
    });
    expect(pool.load).toEqual({ running: 1, waiting: 1 });
    for (const verdict of await Promise.all(accepted)) expect(verdict.outcome).toBe('passed');
  });

  it('keeps room in its queue for clients that have nothing in it', async () => {
    await using pool = new SandboxPool({ processes: 1, maxQueue: 10, maxQueuePerClient: 1 });
    const accepted = [pool.run(good, { clientId: 'a' }), pool.run(good, { clientId: 'a' })];
    await expect(pool.run(good, { clientId: 'a' })).rejects.toMatchObject({
      kind: 'resource-exhausted',
      reason: 'QUOTA_EXCEEDED',
      retryAfterMs: expect.any(Number) as number,
    });
    accepted.push(pool.run(good, { clientId: 'b' }));
    for (const verdict of await Promise.all(accepted)) expect(verdict.outcome).toBe('passed');
  });

  it('has a place for each client of which nothing waits, though another one has filled its queue', async () => {
    await using pool = new SandboxPool({ processes: 1, maxQueue: 2 });
    const run = (clientId: string, signal?: AbortSignal) =>
      pool.run(good, { clientId, ...(signal && { signal }) });
    const accepted = [run('a'), run('a'), run('a')];
    const full = { reason: 'SANDBOX_QUEUE_FULL' };
    await expect(run('a')).rejects.toMatchObject(full);
    const given = new AbortController();
    const givenUp = run('b', given.signal);
    await expect(run('b')).rejects.toMatchObject(full);
    given.abort();
    await expect(givenUp).rejects.toMatchObject({ kind: 'cancelled' });
    accepted.push(run('b'), run('c'));
    for (const verdict of await Promise.all(accepted)) expect(verdict.outcome).toBe('passed');
    expect(pool.load).toEqual({ running: 0, waiting: 0 });
  });

  it('kills a running program that is cancelled and drops a waiting one', async () => {
    await using pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 50_000, cpuTimeMs: 50_000 } });
    await pool.warmUp();
    const [pid] = pool.pids;
    const controllers = [new AbortController(), new AbortController()] as const;
    const runs = controllers.map(({ signal }) => pool.run(endless, { signal }));
    const after = pool.run(good);
    controllers[1].abort();
    controllers[0].abort();
    for (const run of runs) await expect(run).rejects.toMatchObject({ kind: 'cancelled' });
    expect((await after).outcome).toBe('passed');
    expect(pid !== undefined && isAlive(pid)).toBe(false);
    await expect(pool.run(good, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });

  it('does not take the time in which somebody stopped a child for the time of its program', async () => {
    await using pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 600 } });
    await pool.warmUp();
    const [pid = 0] = pool.pids;
    const code = 'const until = Date.now() + 200; while (Date.now() < until);';
    const verdict = pool.run({ language: 'javascript', code });
    await sleep(50);
    process.kill(pid, 'SIGSTOP');
    await sleep(1500);
    process.kill(pid, 'SIGCONT');
    expect((await verdict).outcome).toBe('passed');
    // A program that does take its time is still ended.
    expect((await pool.run(endless)).outcome).toBe('timed-out');
  });

  it('tries again on a fresh child when one is killed from outside, and reports the sandbox when that dies too', async () => {
    await using pool = new SandboxPool({ processes: 1 });
    await pool.warmUp();
    const killer = setInterval(() => {
      for (const pid of pool.pids) killHard(pid);
    }, 10);
    const broken = await pool.run(endless);
    clearInterval(killer);
    expect(broken.outcome).toBe('sandbox-error');
    expect((await pool.run(good)).outcome).toBe('passed');
    const [pid = 0] = pool.pids;
    const retried = pool.run({ ...good, code: 'for (let i = 0; i < 3e8; i++); const f = () => 4;' });
    killHard(pid);
    expect((await retried).outcome).toBe('passed');
  });

  it('replaces a child after its share of programs', async () => {
    await using pool = new SandboxPool({ processes: 1, programsPerChild: 2 });
    await pool.run(good);
    const first = pool.pids;
    await pool.run(good);
    await pool.run(good);
    expect(pool.pids).not.toEqual(first);
  });

  it('leaves no child behind when it closes, busy or not', async () => {
    const pool = new SandboxPool({ processes: 2, limits: { wallTimeMs: 50_000, cpuTimeMs: 50_000 } });
    await pool.warmUp();
    const pids = pool.pids;
    const runs = [pool.run(endless), pool.run(endless), pool.run(good)].map((run) =>
      run.catch((error: unknown) => error),
    );
    await pool.close();
    for (const error of await Promise.all(runs)) expect(error).toMatchObject({ kind: 'unavailable' });
    expect(pids).toHaveLength(2);
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(pool.run(good)).rejects.toMatchObject({ reason: 'SANDBOX_CLOSED' });
  });

  it('refuses sizes and programs that make no sense', async () => {
    expect(() => new SandboxPool({ processes: 0 })).toThrow(
      expect.objectContaining({ kind: 'invalid-argument' }),
    );
    await using pool = new SandboxPool({ processes: 1 });
    const limits = { wallTimeMs: -1 };
    await expect(pool.run(good, { limits })).rejects.toMatchObject({ kind: 'invalid-argument' });
  });
});
