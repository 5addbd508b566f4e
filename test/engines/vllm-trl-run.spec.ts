import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countsOf, outputsOf, readLog, until } from '../end-to-end/run-processes.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder, writeModel } from '../support/models.ts';
import { peerPython, peersAreAbsent } from '../support/peer.ts';
import { hookedServer, type HookedServer } from './support/hooked-server.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { vllmIsAbsent } from './support/vllm-server.ts';
import { expectOwnPaths, expectOwnScores, secondsOf, startRun, storyOf } from './support/whole-run.ts';

const suite = 'whole runs on vLLM that a hook starts, and TRL';

/** Three starts of vLLM and a run, on a machine that does other things. */
const LIMIT_MS = 2_400_000;

describe.skipIf(vllmIsAbsent(suite) || peersAreAbsent(suite))(suite, () => {
  const folder = temporaryFolder();
  let server: HookedServer;

  beforeEach(async ({ task }) => {
    server = hookedServer(join(folder.path, task.id), await freePort());
  });
  afterEach(() => {
    server.kill();
  });
  afterAll(() => {
    folder.remove();
  });

  const optimisation = { learningRate: 0.001, epochs: 1, batchSize: 2, warmupRatio: 0 };

  /** The whole method with QLoRA on a model that knows nothing: every stage does real work. */
  const recipe = (model: string) => ({
    ...{ seed: 7, iterations: 1 },
    task: { name: 'arithmetic', trainProblems: 48, loopQuestions: 16, testQuestions: 12 },
    policy: { model, lora: { rank: 4, alpha: 8, quantisation: 'nf4' } },
    sft: { learningRate: 0.01, epochs: 2 },
    sampling: { pathsPerQuestion: 3, maxNewTokens: 40 },
    simulator: { model: 'policy' },
    simulation: { questions: 8, pathsPerQuestion: 2, rollouts: 4, tau: 0, maxNewTokens: 40 },
    verifier: { base: 'policy', trainable: 'lora', head: 'hidden', optimisation },
    pairs: { pairing: 'reward', margin: 0 },
    alignment: { optimisation },
    evaluation: { maxNewTokens: 40 },
    limits: { itemsPerCall: 4, concurrentCalls: 2 },
  });

  it(
    'samples, rolls out and scores on one vLLM, trains QLoRA with TRL, and goes on when vLLM is killed in a stage',
    async () => {
      const shape = { seed: 'run', tokens: 'arithmetic', maxLength: 160, intermediateSize: 128 } as const;
      const model = await writeModel(folder.path, 'model', tinyLlama(shape));
      const at = { urls: server.url, precision: 'float32' };
      const writer = { kind: 'vllm', ...at, hook: server.hook('policy') };
      const engines = {
        ...{ policy: writer, simulator: writer },
        verifier: { kind: 'pooling', ...at, hook: server.hook('verifier') },
        trainer: { kind: 'trl', python: peerPython },
      };
      await server.write({ ...recipe(model), engines });
      const run = startRun(folder.path, 'theirs', { ...recipe(model), engines });
      const over = run.ended.then(({ code, output }) => {
        if (code !== 0) throw new Error(output);
      });
      const hasBegun = (): boolean => storyOf(run.runFolder).includes('stage-started label-1');
      await Promise.race([over, until(hasBegun, { timeoutMs: 1_200_000, what: 'label-1' })]);
      const before = server.starts().length;
      server.kill();
      expect(outputsOf(run.runFolder)).not.toHaveProperty('label-1');
      await over;
      expect(server.starts().length).toBeGreaterThan(before);

      const own = startRun(folder.path, 'ours', recipe(model));
      const { code, output } = await own.ended;
      expect(code, output).toBe(0);
      compare(run.runFolder, own.runFolder);
      await expectOwnPaths(run.runFolder, {
        ...{ task: 'arithmetic', stage: 'evaluate-0', of: 'sft-0', maxNewTokens: 40 },
      });
      await expectOwnPaths(run.runFolder, {
        ...{ task: 'arithmetic', stage: 'evaluate-1', of: 'align-1', maxNewTokens: 40 },
      });
      await expectOwnScores(run.runFolder, { stage: 'score-1', of: 'train-verifier-1', sampled: 'sample-1' });
      expect(enginesOf(run.runFolder)).toEqual({
        ...{
          'sft-0': 'trl',
          'evaluate-0': 'vllm 0.32.0',
          'sample-1': 'vllm 0.32.0',
          'label-1': 'vllm 0.32.0',
        },
        ...{ 'train-verifier-1': 'trl', 'score-1': 'pooling 0.32.0', 'align-1': 'trl' },
        'evaluate-1': 'vllm 0.32.0',
      });
    },
    LIMIT_MS,
  );

  /** The same stages in both logs, the same data, and what each took. */
  function compare(theirs: string, ours: string): void {
    expect(storyOf(theirs)).toEqual(storyOf(ours));
    expect(outputsOf(theirs)['data']).toEqual(outputsOf(ours)['data']);
    const [counted, own] = [countsOf(theirs), countsOf(ours)];
    const [seconds, ownSeconds] = [secondsOf(theirs), secondsOf(ours)];
    const rows = Object.keys(seconds).map((stage) => ({
      ...{ stage, 'theirs [s]': seconds[stage], 'ours [s]': ownSeconds[stage] },
      ...{ theirs: JSON.stringify(counted[stage]), ours: JSON.stringify(own[stage]) },
    }));
    for (const row of rows) process.stdout.write(`${Object.values(row).join(' | ')}\n`);
  }

  /** Kind and release of what computed each stage; TRL's version is its packages'. */
  function enginesOf(runFolder: string): Record<string, string> {
    const lines = readLog(runFolder) as (ReturnType<typeof readLog>[number] & {
      readonly engine?: { readonly kind: string; readonly version: string };
    })[];
    return Object.fromEntries(
      lines.flatMap(({ kind, stage = '', engine }) => {
        if (kind !== 'stage-completed' || engine === undefined) return [];
        return [[stage, engine.kind === 'trl' ? 'trl' : `${engine.kind} ${engine.version}`]];
      }),
    );
  }

  it(
    'rolls programs out on a vLLM that is started with each iteration’s full weights, and tests them here',
    async () => {
      const shape = { hiddenSize: 64, intermediateSize: 96, numHiddenLayers: 2, numAttentionHeads: 2 };
      const at = { urls: server.url, precision: 'float32' };
      const writer = { kind: 'vllm', ...at, hook: server.hook('policy') };
      const config = {
        ...{ seed: 3, iterations: 1 },
        task: { name: 'programs', trainProblems: 400, loopQuestions: 16, testQuestions: 12 },
        policy: { initial: { ...shape, numKeyValueHeads: 1, maxPositionEmbeddings: 160 } },
        sft: { learningRate: 0.008, epochs: 12 },
        sampling: { pathsPerQuestion: 4, maxNewTokens: 80, duplicateThreshold: 0.01 },
        simulator: { model: 'policy' },
        simulation: { questions: 6, pathsPerQuestion: 2, rollouts: 4, tau: 0, maxNewTokens: 80 },
        verifier: { head: 'hidden', trainable: 'head', optimisation },
        pairs: { pairing: 'reward', margin: 0 },
        alignment: { optimisation },
        evaluation: { maxNewTokens: 80 },
        limits: { itemsPerCall: 8, concurrentCalls: 2 },
        engines: { policy: writer, simulator: writer },
      };
      await server.write(config);
      const run = startRun(folder.path, 'programs', config);
      const { code, output } = await run.ended;
      expect(code, output).toBe(0);
      const outputs = outputsOf(run.runFolder);
      const models = ['sft-0', 'align-1'].map((stage) => outputs[stage]?.['model']);
      expect([...new Set(server.starts())]).toEqual(models);
      const { right = 0, steps = 0, paths = 0 } = countsOf(run.runFolder)['label-1'] ?? {};
      expect(steps).toBeGreaterThan(paths);
      expect(right).toBeGreaterThan(0);
      expect(right).toBeLessThan(steps);
      for (const [stage, of] of [
        ['evaluate-0', 'sft-0'],
        ['evaluate-1', 'align-1'],
      ] as const)
        await expectOwnPaths(run.runFolder, { task: 'programs', stage, of, maxNewTokens: 80 });
    },
    LIMIT_MS,
  );
});
