import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countsOf, outputsOf } from '../end-to-end/run-processes.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder, writeModel } from '../support/models.ts';
import { hookedServer } from './support/hooked-server.ts';
import { mbppRows } from './support/mbpp-problems.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { vllmIsAbsent } from './support/vllm-server.ts';
import { expectOwnPaths, startRun } from './support/whole-run.ts';

describe.skipIf(vllmIsAbsent('a run of MBPP on vLLM'))('a run of MBPP on a vLLM that a hook starts', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });

  it('samples programs, rolls them out and tests them, and answers greedily as our engine', async () => {
    const data = join(folder.path, 'mbpp.jsonl');
    const model = await writeModel(folder.path, 'model', tinyLlama({ seed: 'mbpp', maxLength: 384 }));
    writeFileSync(data, mbppRows());
    const server = hookedServer(join(folder.path, 'server'), await freePort());
    const writer = { kind: 'vllm', urls: server.url, hook: server.hook('policy'), precision: 'float32' };
    const optimisation = { learningRate: 0.001, epochs: 1, batchSize: 2, warmupRatio: 0 };
    try {
      const config = {
        ...{ seed: 3, iterations: 1, engines: { policy: writer, simulator: writer } },
        task: { name: 'mbpp', data, loopQuestions: 8, testQuestions: 6 },
        policy: { model },
        sft: { learningRate: 0.004, epochs: 24, batchSize: 8 },
        sampling: { pathsPerQuestion: 6, temperature: 1.2, maxNewTokens: 96, duplicateThreshold: 0.01 },
        simulator: { model: 'policy' },
        simulation: { questions: 6, pathsPerQuestion: 2, rollouts: 4, tau: 0, maxNewTokens: 96 },
        verifier: { head: 'hidden', trainable: 'head', optimisation },
        pairs: { pairing: 'reward', margin: 0 },
        alignment: { optimisation },
        evaluation: { maxNewTokens: 96 },
        limits: { itemsPerCall: 8, concurrentCalls: 2 },
      };
      await server.write(config);
      const run = startRun(folder.path, 'mbpp', config);
      const { code, output } = await run.ended;
      expect(code, output).toBe(0);
      const counts = countsOf(run.runFolder);
      const { right = 0, steps = 0, paths = 0 } = counts['label-1'] ?? {};
      expect([steps > paths, right > 0]).toEqual([true, true]);
      expect(counts['evaluate-0']?.['correct']).toBeGreaterThan(0);
      const outputs = outputsOf(run.runFolder);
      const models = ['sft-0', 'align-1'].map((stage) => outputs[stage]?.['model']);
      expect([...new Set(server.starts())]).toEqual(models);
      for (const [stage, of] of [
        ['evaluate-0', 'sft-0'],
        ['evaluate-1', 'align-1'],
      ] as const)
        await expectOwnPaths(run.runFolder, { task: 'mbpp', stage, of, maxNewTokens: 96 });
    } finally {
      server.kill();
    }
  }, 2_400_000);
});
