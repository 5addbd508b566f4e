import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { experimentSettings } from '../experiment/experiment-settings.ts';
import { planExperiment, stageUses } from '../experiment/plan-experiment.ts';
import { runProgram } from '../program.ts';
import { DEFAULT_CONFIG } from '../repository.ts';
import { testTerminal } from '../testing/test-terminal.ts';
import { loadRunConfig, readExperimentSection } from './load-run-config.ts';

const folder = dirname(DEFAULT_CONFIG);
const named = (pattern: RegExp) => readdirSync(folder).filter((name) => pattern.test(name));
const gsm8k = named(/^gsm8k-(tinyllama|gemma)/);
const mbpp = named(/^mbpp-(phi|gemma)/);
const source = (name: string) => ({ file: join(folder, name), overrides: [], cwd: '/', checkFiles: false });

it.each([...gsm8k, ...mbpp])("%s has the paper's settings of table 5", async (name) => {
  const { policy, sft, verifier, alignment, simulation, iterations } = await loadRunConfig(source(name));
  expect(policy.lora).toMatchObject({ rank: 256, alpha: 128, dropout: 0.05, quantisation: 'nf4' });
  expect(verifier?.optimisation).toMatchObject({ learningRate: 5e-5, batchSize: 40 });
  const precisions = [sft, verifier?.optimisation, alignment?.optimisation].map((one) => one?.precision);
  expect(precisions).toEqual(['bfloat16', 'bfloat16', 'bfloat16']);
  const { warmupRatio, maxGradNorm, batchSize } = alignment?.optimisation ?? {};
  expect({ warmupRatio, maxGradNorm }).toEqual({ warmupRatio: 0.1, maxGradNorm: 0.3 });
  expect(batchSize).toBe(name.includes('gemma') ? 20 : 48);
  expect(simulation).toMatchObject({ rollouts: 8, tau: 0, temperature: name.startsWith('mbpp') ? 0.7 : 1 });
  expect(iterations).toBe(3);
});

it.each([...gsm8k, ...mbpp])(
  '%s is an experiment over every method, learning rate and lambda',
  async (name) => {
    const settings = experimentSettings(await readExperimentSection(source(name)), {
      vary: [],
      alternatives: [],
    });
    const plan = await planExperiment('e', source(name), settings);
    expect(plan.leftOut).toEqual([]);
    const of = (method: string) => plan.runs.filter((run) => run.method === method).length;
    // What has no odds ratio is tried with three learning rates alone, what aligns nothing once.
    expect([of('sipf'), of('srf'), of('rft'), of('cot')]).toEqual([9, 3, 1, 1]);
    expect(stageUses(plan).some(({ stage }) => stage.dataset === 'validation')).toBe(true);
  },
);

describe('sipf run --dry-run on a described cluster', () => {
  async function plan(name: string, ...flags: readonly string[]) {
    const terminal = testTerminal({ cwd: '/' });
    const argv = [
      'run',
      '--config',
      join(folder, name),
      '--dry-run',
      '--no-ask',
      '--memory',
      '256GiB',
      ...flags,
    ];
    const status = await runProgram(argv, terminal);
    return { status, output: terminal.output(), shown: terminal.shown() };
  }

  it.each([...gsm8k, ...mbpp])(
    '%s can be done on 8 GPUs of 80 GiB, whose models and data need not be here',
    async (name) => {
      const { status, output, shown } = await plan(name, '--gpus', '8', '--gpu-memory', '80GiB', '--explain');
      expect(status, shown).toBe(0);
      expect(output).toContain('align-3');
      expect(output).toContain(name.startsWith('mbpp') ? 'evaluate-humaneval-3' : 'evaluate-mmlu-math-3');
      expect(output).toContain('# plan for 8 x a100 of 80.0 GiB');
      expect(output).toMatch(/--max-lora-rank 256/);
      expect(output).toMatch(/--runner pooling --dtype bfloat16 --max-model-len \d+/);
      expect(output).toMatch(
        /# {3}\S*UPDATING=True SIPF_STORE="\$ARTIFACTS" SIPF_BASE_DIGEST="\$MODEL_DIGEST" python -m vllm/,
      );
      // A head of two labels: 2 bytes for each of 512 tokens and 2 labels, not a MiB.
      expect(output).toMatch(/trainer: logits 2 KiB = 512 of/);
      expect(output).toMatch(/#.* hours to merge the verifier's adapter first = /);
      expect(output).toMatch(/trl +4 processes, a GPU each/);
      expect(output).toMatch(/# {3}.*align-3: .* tokens\/s = 4 x 0\.3 x 312 TFLOP\/s/);
      expect(output).not.toContain('refused');
    },
  );

  it.each([...gsm8k, ...mbpp])('%s can be done on 1 GPU by one process, and by no more', async (name) => {
    const { status, shown } = await plan(name, '--gpus', '1');
    expect(status).toBe(64);
    expect(shown).toContain('engines.trainer.processes: 4 processes need as many GPUs');
    const one = await plan(name, '--gpus', '1', '--set', 'engines.trainer.processes=1');
    expect(one.status, one.shown).toBe(0);
    expect(one.output).toMatch(/--gpu-memory-utilization 0\.\d+/);
  });

  it('prints the same as JSON', async () => {
    const { output } = await plan('small/gsm8k-gemma-2b.yaml', '--gpus', '4', '--json');
    const { plan: found } = JSON.parse(output) as {
      plan: {
        stages: { id: string; written: number }[];
        servers: { parts: string[]; model: string[] }[];
        refusals: [];
      };
    };
    // 10 questions x 4 paths x 64 tokens at most.
    expect(found.stages.find(({ id }) => id === 'sample-1')?.written).toBe(10 * 4 * 64);
    expect(found.refusals).toEqual([]);
    expect(found.servers.map(({ parts, model }) => [...parts, ...model.slice(0, 2)])).toEqual([
      ['policy', '--port', '8001'],
      ['simulator', '--port', '8002'],
      ['verifier', '--port', '8003'],
    ]);
  });

  it('adds an experiment up, a stage that runs share once', async () => {
    const gpuHours = async (methods: string) => {
      const terminal = testTerminal({ cwd: '/' });
      const file = join(folder, 'small', 'gsm8k-gemma-2b.yaml');
      const argv = [
        'experiment',
        '--config',
        file,
        '--methods',
        methods,
        '--dry-run',
        '--no-ask',
        '--gpus',
        '4',
        '--json',
      ];
      expect(await runProgram([...argv, '--set', 'experiment.vary={}'], terminal), terminal.shown()).toBe(0);
      return (JSON.parse(terminal.output()) as { forecast: { gpuHours: number } }).forecast.gpuHours;
    };
    const [sft, siof, both] = await Promise.all([gpuHours('sft'), gpuHours('siof'), gpuHours('sft,siof')]);
    expect(sft).toBeGreaterThan(0);
    // SFT is SIOF's first stage.
    expect(both).toBeCloseTo(siof, 12);
  });

  it('names a model that it does not know, and takes descriptions for dry runs alone', async () => {
    const { status, shown } = await plan(gsm8k[0] ?? '', '--gpus', '8', '--set', 'policy.model=/models/mine');
    expect([status, shown]).toEqual([64, expect.stringContaining('policy.model: /models/mine is not here')]);
    const terminal = testTerminal({ cwd: '/' });
    expect(await runProgram(['run', '--gpus', '8'], terminal)).toBe(64);
  });
});

describe('the small forms', () => {
  const small = readdirSync(join(folder, 'small'));
  it("are of all the paper's configurations, with their models, trainings and engines", async () => {
    expect(small.toSorted()).toEqual([...gsm8k, ...mbpp].toSorted());
    for (const name of small) {
      const [form, whole] = await Promise.all([
        loadRunConfig(source(join('small', name))),
        loadRunConfig(source(name)),
      ]);
      for (const section of ['policy', 'simulator', 'verifier', 'alignment', 'sft', 'pairs'] as const) {
        expect(form[section]).toEqual(whole[section]);
      }
      expect(form.engines?.trainer.kind).toBe(whole.engines?.trainer.kind);
    }
  });
});
