import type { VllmStart } from '@sipf/runs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { outputsOf, countsOf, readLog, until } from '../end-to-end/run-processes.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder, writeModel } from '../support/models.ts';
import { plannedServers } from './support/hooked-server.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { startVllm, vllmIsAbsent } from './support/vllm-server.ts';
import { startRun } from './support/whole-run.ts';

describe.skipIf(vllmIsAbsent('a whole run on vLLM'))(
  'a whole run with generation and simulation on vLLM',
  () => {
    const folder = temporaryFolder();

    /** The whole method on a model that knows nothing: every stage does real work. */
    const configOf = (model: string, engines: object) => ({
      ...{ seed: 7, iterations: 1, engines },
      task: { name: 'arithmetic', trainProblems: 48, loopQuestions: 16, testQuestions: 12 },
      policy: { model, lora: { rank: 4, alpha: 8 } },
      sft: { learningRate: 0.01, epochs: 2 },
      sampling: { pathsPerQuestion: 3, maxNewTokens: 40 },
      simulator: { model: 'policy' },
      simulation: { questions: 8, pathsPerQuestion: 2, rollouts: 4, tau: 0, maxNewTokens: 40 },
      verifier: {
        ...{ base: 'policy', trainable: 'lora', head: 'hidden' },
        optimisation: { learningRate: 0.001, epochs: 1, batchSize: 2, warmupRatio: 0 },
      },
      pairs: { pairing: 'reward', margin: 0 },
      alignment: { optimisation: { learningRate: 0.001, epochs: 1, batchSize: 2, warmupRatio: 0 } },
      evaluation: { maxNewTokens: 40 },
      limits: { itemsPerCall: 4, concurrentCalls: 2 },
    });

    it('waits for a server that is killed in the middle, and answers greedily as on our engine', async () => {
      const model = await writeModel(
        folder.path,
        'model',
        tinyLlama({ seed: 'run', tokens: 'arithmetic', maxLength: 160 }),
      );
      const port = await freePort();
      const urls = `http://127.0.0.1:${port}/v1`;
      const place = { kind: 'vllm', urls, model: 'policy', precision: 'float32' };
      const config = configOf(model, { policy: place, simulator: place });
      // One for both.
      const [planned] = (await plannedServers(config)) as [VllmStart];
      const server = await startVllm(planned, { port });
      try {
        const run = startRun(folder.path, 'on-vllm', config);
        const begun = (stage: string): boolean =>
          readLog(run.runFolder).some((line) => line.kind === 'stage-started' && line.stage === stage);
        const over = run.ended.then(({ code, output }) => {
          if (code !== 0) throw new Error(output);
        });
        await Promise.race([over, until(() => begun('label-1'), { timeoutMs: 400_000, what: 'label-1' })]);
        await server.kill();
        await sleep(3000);
        expect(outputsOf(run.runFolder)).not.toHaveProperty('label-1');
        await using _again = await startVllm(planned, { port });
        await over;
        const own = startRun(folder.path, 'on-engine', configOf(model, {}));
        expect(await own.ended).toMatchObject({ code: 0 });
        const [theirs, ours] = [run.runFolder, own.runFolder].map((at) => countsOf(at));
        // Stages that go side by side end in either order.
        expect(Object.keys(theirs ?? {}).sort()).toEqual(Object.keys(ours ?? {}).sort());
        // Greedy, and of the same weights: SFT is our engine's in both.
        expect(theirs?.['evaluate-0']).toEqual(ours?.['evaluate-0']);
        expect(outputsOf(run.runFolder)['sft-0']).toEqual(outputsOf(own.runFolder)['sft-0']);
      } finally {
        await server[Symbol.asyncDispose]();
        folder.remove();
      }
    }, 2_400_000);
  },
);
