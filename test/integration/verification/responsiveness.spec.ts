import { verification } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMetrics } from '../../support/metrics.ts';
import { temporaryFolder, writeModel } from '../../support/models.ts';
import { slowVerifier, SLOW_ROWS } from '../../support/slow-verifier.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const LONGEST_DELAY = 'nodejs_eventloop_lag_max_seconds';
const folder = temporaryFolder();
let program: RunningProgram;

beforeAll(async () => {
  const model = await writeModel(folder.path, 'slow', slowVerifier());
  program = await startProgram('verification', ['--model', model]);
});

afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder.remove();
});

/** The longest delay of the service's event loop since this was last asked, in milliseconds. */
async function longestDelayMs(): Promise<number> {
  return 1000 * (await readMetrics(program.metricsUrl, [LONGEST_DELAY]))[LONGEST_DELAY];
}

it('keeps its event loop free while a model runs: no delay is as long as a run', async () => {
  using client = createClient(verification.VerificationServiceDefinition, program.address);
  await client.score({ rows: SLOW_ROWS });
  const margin = async (): Promise<number> => {
    await longestDelayMs();
    const { timing, scores } = await client.score({ rows: SLOW_ROWS });
    expect(scores[0]?.result?.$case).toBe('steps');
    return (timing?.inferenceMs ?? 0) - (await longestDelayMs());
  };
  // A busy machine may hold up any thread now and then; on the main thread a run would delay it every time.
  await expect.poll(margin, { timeout: 20_000 }).toBeGreaterThan(0);
});
