import { verification } from '@sipf/contracts';
import { digestFolder, type HeadConfig } from '@sipf/models';
import { createClient } from '@sipf/service';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder, writeModel } from '../support/models.ts';
import { startProgram } from '../support/start-program.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { startVllm, vllmIsAbsent, VLLM_START_MS } from './support/vllm-server.ts';

const head: HeadConfig = { kind: 'token-classification', numLabels: 2, features: 'hidden' };
/** Of many lengths, so that a server's batches mix them; the last one is too long for the server. */
const rows = Array.from({ length: 40 }, (_, index) => ({
  id: String(index),
  question: `What is ${index} + ${index * index}?`,
  steps: Array.from({ length: 1 + (index % 4) }, (_, step) => `step ${step} of ${'é'.repeat(index % 7)}\n`),
})).concat([{ id: 'long', question: 'x'.repeat(100), steps: ['a\n', 'b'.repeat(60)] }]);

describe.skipIf(vllmIsAbsent('vLLM under verification'))('verification on a real vLLM that pools', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });

  /** The scores of the rows, and the service's Info. */
  async function scoresOf(flags: readonly string[]) {
    await using program = await startProgram('verification', flags);
    using client = createClient(verification.VerificationServiceDefinition, program.address);
    const { scores } = await client.score({ rows });
    return { scores, described: await client.info({}) };
  }

  it(
    'scores as our engine does, row by row, and refuses one row that is too long for the server',
    async () => {
      const model = await writeModel(folder.path, 'verifier', tinyLlama({ seed: 'verifier', head }));
      const digest = await digestFolder(model);
      const limits = ['--max-model-len', '160'];
      await using server = await startVllm({
        model,
        flags: ['--runner', 'pooling', '--served-model-name', digest, ...limits],
      });
      const backend = ['--backend', 'pooling', '--backend-url', `${server.origin}/v1`];
      const own = await scoresOf(['--model', model]);
      const theirs = await scoresOf(['--model', model, ...backend]);
      const logOddsOf = ({ scores }: typeof own): (readonly number[])[] =>
        scores.map(({ result }) => (result?.$case === 'steps' ? result.value.logOdds : []));
      const [wanted, found] = [logOddsOf(own), logOddsOf(theirs)];
      expect(wanted[40]).toHaveLength(2);
      expect(theirs.scores[40]?.result).toMatchObject({
        $case: 'error',
        value: { message: expect.stringContaining('takes 160') as string },
      });
      for (let row = 0; row < 40; row++) {
        expect(found[row]).toHaveLength(wanted[row]?.length ?? -1);
        wanted[row]?.forEach((value, step) => {
          const apart = Math.abs((found[row]?.[step] ?? NaN) - value);
          expect(apart / Math.max(1, Math.abs(value))).toBeLessThan(2e-5);
        });
      }
      expect(theirs.described.info?.engine).toMatchObject({ kind: 'pooling' });
      expect(theirs.described.verifiers[0]).toMatchObject({ maxSequenceTokens: 160 });
    },
    VLLM_START_MS,
  );
});
