import { verification } from '@sipf/contracts';
import { initialParameters, type DecoderConfig } from '@sipf/models';
import { createRng } from '@sipf/random';
import { createClient } from '@sipf/service';
import { buildArithmeticTokenizer } from '@sipf/tasks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const LONGEST = 1024;
const folder = temporaryFolder();
let program: RunningProgram;

/** A verifier whose one run on a long path takes much longer than anything that a main thread should do. */
beforeAll(async () => {
  const { config: small } = randomVerifier('slow');
  const config: DecoderConfig = {
    ...small,
    ...{ hiddenSize: 256, numHiddenLayers: 4, numAttentionHeads: 8, numKeyValueHeads: 8, headDim: 32 },
    ...{ intermediateSize: 1024, maxPositionEmbeddings: LONGEST },
  };
  const parameters = initialParameters(config, createRng('slow'));
  const tokenizer = buildArithmeticTokenizer(LONGEST);
  const model = await writeModel(folder.path, 'slow', { config, parameters, tokenizer });
  program = await startProgram('verification', ['--model', model]);
});

afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder.remove();
});

/** The longest delay of the service's event loop since this was last asked, in milliseconds. */
async function longestDelayMs(): Promise<number> {
  const text = await (await fetch(`${program.metricsUrl}/metrics`)).text();
  return 1000 * Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1]);
}

it('keeps its event loop free while a model runs: no delay is as long as a run', async () => {
  using client = createClient(verification.VerificationServiceDefinition, program.address);
  const rows = [{ question: '1+1', steps: ['1'.repeat(LONGEST - 40)] }];
  await client.score({ rows });
  const margin = async (): Promise<number> => {
    await longestDelayMs();
    const { timing, scores } = await client.score({ rows });
    expect(scores[0]?.result?.$case).toBe('steps');
    return (timing?.inferenceMs ?? 0) - (await longestDelayMs());
  };
  // A busy machine may hold up any thread now and then; on the main thread a run would delay it every time.
  await expect.poll(margin, { timeout: 20_000 }).toBeGreaterThan(0);
});
