import { verification } from '@sipf/contracts';
import type { NatsServer } from '@sipf/events';
import { createClient } from '@sipf/service';
import { HealthDefinition } from 'nice-grpc-server-health';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../../support/metrics.ts';
import { temporaryFolder, writeModel } from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';
import { slowVerifier, SLOW_ROWS } from '../../support/slow-verifier.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

/** The server pings as often as that, and drops whoever owes it an answer to two pings when the third is due. */
const PING_MS = 400;
const LOST = 'lost the NATS server';
/** As many as the service takes at once. */
const CALLERS = 64;
const HEALTH_DEADLINE_MS = 2000;
const P99 = 'nodejs_eventloop_lag_p99_seconds';

describe.skipIf(!hasNats)('a verification service under full load', () => {
  const folder = temporaryFolder();
  let nats: NatsServer;
  let program: RunningProgram;

  beforeAll(async () => {
    const configFile = join(folder.path, 'nats.conf');
    writeFileSync(configFile, `ping_interval: "${PING_MS}ms"\nping_max: 2\n`);
    nats = await startNats(join(folder.path, 'nats'), { configFile });
    const model = await writeModel(folder.path, 'slow', slowVerifier());
    const artifacts = ['--artifacts', join(folder.path, 'store'), '--nats-url', nats.url];
    program = await startProgram('verification', ['--model', model, ...artifacts]);
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await nats.stop();
    folder.remove();
  });

  /** Keeps every slot of the service taken until `signal` aborts, and counts every answer. */
  async function fillUp(signal: AbortSignal, onAnswer: () => void): Promise<void> {
    using client = createClient(verification.VerificationServiceDefinition, program.address);
    const callers = Array.from({ length: CALLERS }, async () => {
      while (!signal.aborted) {
        await client.score({ rows: SLOW_ROWS }, { signal });
        onAnswer();
      }
    });
    await Promise.allSettled(callers);
  }

  it('answers NATS pings and health checks, and its event loop is free', async () => {
    using health = createClient(HealthDefinition, program.address);
    const over = new AbortController();
    let [answers, checks] = [0, 0];
    const load = fillUp(over.signal, () => (answers += 1));
    const checking = (async () => {
      for (; !over.signal.aborted; checks++) {
        await health.check({ service: '' }, { deadlineMs: HEALTH_DEADLINE_MS });
        await sleep(50);
      }
    })();
    // The metric covers the time since it was last read.
    const p99Ms = async (): Promise<number> => {
      await readMetrics(program.metricsUrl, [P99]);
      await sleep(5 * PING_MS);
      return 1000 * (await readMetrics(program.metricsUrl, [P99]))[P99];
    };
    // A busy machine may hold up any thread now and then; on the main thread a run would delay it every time.
    await expect.poll(p99Ms, { timeout: 20_000 }).toBeLessThan(50);
    // The service works on what it is given, however slow the machine.
    await expect.poll(() => answers, { timeout: 60_000 }).toBeGreaterThan(0);
    over.abort();
    await Promise.all([checking, load]);
    expect(checks).toBeGreaterThan(10);
    expect(program.log()).not.toContain(LOST);
  });

  it('would have been dropped, had it missed its pings', async () => {
    process.kill(program.child.pid ?? 0, 'SIGSTOP');
    await sleep(5 * PING_MS);
    process.kill(program.child.pid ?? 0, 'SIGCONT');
    await expect.poll(() => program.log(), { timeout: 20_000 }).toContain(LOST);
  });
});
