import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { common, generation, training, verification } from '@sipf/contracts';
import { isModelFile } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, type FamilyParity } from '../../gpu-check/parity.ts';
import { linesOf } from '../../gpu-check/run-child.ts';
import { collect } from '../../support/calls.ts';
import { randomModel, randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import type { ProgramName } from '../../support/program-main.ts';
import { hasSoftwareAdapter, onSoftwareAdapter } from '../../support/software-adapter.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';
import { rows } from '../../support/training-rows.ts';

const DEVICES = ['cpu', 'webgpu'] as const;
/** A processor draws as a GPU would, and compiles shaders for every shape. */
const PATIENT = { deadlineMs: 200_000 };
const PLACED = /^webgpu, \d+ of \d+ nodes on the CPU: \w+ \d+/;

/** The same service on the processor and on the adapter. */
async function onBoth(name: ProgramName, flagsOf: (device: string) => string[]): Promise<RunningProgram[]> {
  return await Promise.all(
    DEVICES.map((device) => startProgram(name, ['--device', device, ...flagsOf(device)], onSoftwareAdapter)),
  );
}

/** Relative where numbers are above 1. */
function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  const differences = a.map(
    (value, index) => Math.abs(value - (b[index] ?? NaN)) / Math.max(1, Math.abs(value)),
  );
  return Math.max(...differences);
}

describe.skipIf(!hasSoftwareAdapter)('WebGPU, on an adapter of software', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });

  // Its norms are those that the other models here do not have; npm run gpu-check has every family.
  it.each(['phi'])('computes %s as the CPU does: log-probabilities, texts, gradients', async (family) => {
    const patience = { limitMs: 200_000, starter: onSoftwareAdapter };
    const { lines, ended } = await linesOf('parity-child.ts', ['webgpu', family], patience);
    expect(ended).toBeUndefined();
    expect(lines).toMatchObject([{ family }]);
    expect(lines.flatMap((parity) => faultsOf(parity as FamilyParity))).toEqual([]);
  });

  it('does not start in float16, which an adapter of software does not have', async () => {
    const flags = ['--device', 'webgpu', '--precision', 'float16', '--artifacts', folder.path];
    const { status, log } = await runProgram('verification', flags, onSoftwareAdapter);
    expect(status).toBe(69);
    expect(log).toMatch(/webgpu does not compute in float16 here: .*requires f16 but the device does not/);
  });

  describe('a verifier', () => {
    let programs: RunningProgram[];
    let clients: ServiceClient<verification.VerificationServiceDefinition>[];
    const texts = [
      { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] },
      { id: 'b', question: '1+1', steps: ['<<1+2=3>>', '<<3+4=7>>', '#### 7'] },
      { id: 'c', question: '12+30', steps: ['<<12+30=42>>'] },
    ];

    beforeAll(async () => {
      const model = await writeModel(folder.path, 'verifier', randomVerifier('verifier'));
      programs = await onBoth('verification', () => ['--model', model]);
      clients = programs.map(({ address }) =>
        createClient(verification.VerificationServiceDefinition, address, PATIENT),
      );
    });

    afterAll(async () => {
      for (const client of clients) client.close();
      for (const program of programs) await program[Symbol.asyncDispose]();
    });

    it('has the log-odds of the CPU to a thousandth', async () => {
      const [cpu = [], gpu = []] = await Promise.all(
        clients.map(async (client) => {
          const { scores } = await client.score({ rows: texts });
          return scores.flatMap(({ result }) => (result?.$case === 'steps' ? result.value.logOdds : []));
        }),
      );
      expect(cpu).toHaveLength(6);
      expect(largestDifference(cpu, gpu)).toBeLessThan(1e-3);
    });

    it('says what computes, and which nodes the CPU does', async () => {
      const [cpu, gpu] = await Promise.all(
        clients.map(async (client) => (await client.info({})).info?.engine),
      );
      expect(cpu).toMatchObject({ device: 'cpu x 1', facts: {} });
      expect(gpu).toMatchObject({ facts: { device: 'webgpu' }, precision: 'float32' });
      expect(gpu?.device).toMatch(PLACED);
      const logged = (programs[1]?.log() ?? '')
        .split('\n')
        .filter((line) => line.includes('nodes on the CPU'));
      expect(logged).toHaveLength(1);
    });
  });

  describe('a policy', () => {
    let programs: RunningProgram[];
    let clients: ServiceClient<generation.GenerationServiceDefinition>[];
    const prompts = ['1+1', '12+30-4', 'How many pens are left?\n', '7'].map((text, index) => ({
      ...{ id: String(index), text },
    }));

    beforeAll(async () => {
      const model = await writeModel(folder.path, 'policy', randomModel('policy'));
      programs = await onBoth('generation', () => ['--model', model]);
      clients = programs.map(({ address }) =>
        createClient(generation.GenerationServiceDefinition, address, PATIENT),
      );
    });

    afterAll(async () => {
      for (const client of clients) client.close();
      for (const program of programs) await program[Symbol.asyncDispose]();
    });

    /** Everything about the samples of these settings, in their order, from both. */
    async function samples(settings: Parameters<typeof common.SamplingSettings.fromPartial>[0]) {
      const sampling = common.SamplingSettings.fromPartial(settings);
      return await Promise.all(
        clients.map(async (client) => {
          const all = await collect(client.generate({ prompts, sampling }));
          return all.sort((a, b) => a.promptId.localeCompare(b.promptId) || a.sampleIndex - b.sampleIndex);
        }),
      );
    }

    it('writes the greedy texts of the CPU, with its log-probabilities', async () => {
      const [cpu = [], gpu = []] = await samples({ n: 1, greedy: true, maxNewTokens: 20 });
      expect(cpu).toHaveLength(prompts.length);
      expect(gpu.map(({ text }) => text)).toEqual(cpu.map(({ text }) => text));
      const means = [cpu, gpu].map((all) => all.map(({ meanLogProb }) => meanLogProb));
      expect(largestDifference(means[0] ?? [], means[1] ?? [])).toBeLessThan(1e-3);
    });

    it('draws the same samples from the same seeds, rows ending and beginning in between', async () => {
      const [cpu = [], gpu = []] = await samples({ n: 12, temperature: 0.8, maxNewTokens: 20, seed: 5n });
      const texts = [cpu, gpu].map((all) => all.map(({ text }) => text));
      // A draw may fall between two probabilities that round differently.
      const equal = (texts[0] ?? []).filter((text, index) => text === texts[1]?.[index]).length;
      expect(new Set(texts[0]).size).toBeGreaterThan(30);
      expect(equal).toBeGreaterThanOrEqual(0.95 * cpu.length);
    });

    it('says which nodes the CPU does', async () => {
      const engine = (await clients[1]?.info({}))?.info?.engine;
      expect(engine?.device).toMatch(PLACED);
    });
  });

  describe('a trainer', () => {
    const optimisation = training.Optimisation.fromPartial({
      ...{
        learningRate: 1e-2,
        batchSize: 4,
        maxSteps: 4,
        maxGradNorm: 1,
        maxSequenceTokens: 64,
        schedule: training.Schedule.CONSTANT,
      },
      ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    });
    const lora = training.LoraSettings.fromPartial({
      rank: 4,
      alpha: 8,
      targetModules: ['q_proj', 'v_proj'],
    });

    async function losses(
      device: string,
    ): Promise<{ readonly losses: number[]; readonly norms: number[]; readonly log: string }> {
      const store = new FolderArtifactStore(join(folder.path, 'store'));
      const model = await writeModel(folder.path, `base-${device}`, randomModel('base'));
      const { digest } = await store.putFolder(model, isModelFile);
      const lines = `${rows.supervised.map((row) => JSON.stringify(row)).join('\n')}\n`;
      const data = await store.putBytes(new TextEncoder().encode(lines), MEDIA_TYPES.jsonLines);
      const folders = ['--artifacts', join(folder.path, 'store'), '--state', join(folder.path, device)];
      await using program = await startProgram(
        'training',
        [...folders, '--device', device],
        onSoftwareAdapter,
      );
      const client = createClient(training.TrainingServiceDefinition, program.address, PATIENT);
      const spec = training.JobSpec.fromPartial({
        ...{ baseModel: { digest }, dataset: { digest: data.digest }, optimisation, lora },
        objective: { $case: 'supervised', value: {} },
      });
      await client.startJob({ jobId: 'lora', spec });
      const events = await collect(client.watchJob({ jobId: 'lora', fromStep: 0 }));
      const jobs = events.flatMap(({ event }) => (event?.$case === 'job' ? [event.value] : []));
      expect(jobs.at(-1)).toMatchObject({ state: training.JobState.SUCCEEDED, failure: '' });
      client.close();
      const steps = events.flatMap(({ event }) => (event?.$case === 'metrics' ? [event.value] : []));
      const valuesOf = (name: string): number[] => steps.map(({ values }) => values[name] ?? NaN);
      return { losses: valuesOf('loss'), norms: valuesOf('grad_norm'), log: program.log() };
    }

    it('has the losses of LoRA on the CPU to a ten thousandth, the norms of its gradients to a thousandth, and says which nodes the CPU does', async () => {
      const cpu = await losses('cpu');
      const gpu = await losses('webgpu');
      expect(cpu.losses).toHaveLength(4);
      expect(largestDifference(cpu.losses, gpu.losses)).toBeLessThan(1e-4);
      expect(largestDifference(cpu.norms, gpu.norms)).toBeLessThan(1e-3);
      expect(gpu.log).toMatch(/webgpu, \d+ of \d+ nodes on the CPU/);
    });
  });
});
