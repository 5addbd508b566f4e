import { parseRunConfig } from '@sipf/contracts';
import { describe, expect, it } from 'vitest';
import { planRun } from '../plan/plan-run.ts';
import type { Answers } from './answers.ts';
import { cluster as clusterSchema, type Cluster } from './cluster.ts';
import type { Facts } from './facts.ts';
import { forecast, hoursInAll } from './forecast.ts';
import { sumOf } from './memory.ts';
import { knownShape, type ModelShape } from './model-shape.ts';
import { size } from './placement.ts';
import { worksOf } from './work.ts';

const optimisation = { learningRate: 5e-5, batchSize: 20, accumulation: 5, precision: 'bfloat16' };
const servers = { kind: 'vllm', urls: 'dns:///a:1' };
const engines = {
  ...{ policy: servers, simulator: servers, verifier: { kind: 'pooling', urls: 'dns:///a:1', hook: 'h' } },
  trainer: { kind: 'trl', processes: 4 },
};
/** The paper's GSM8K run of Gemma 2B. */
const PAPER = {
  task: { name: 'gsm8k', train: 'a', test: 'b' },
  policy: { model: 'gemma-2b', lora: { rank: 256, alpha: 128, dropout: 0.05, quantisation: 'nf4' } },
  sft: { ...optimisation, epochs: 3 },
  sampling: { pathsPerQuestion: 16, maxNewTokens: 320 },
  simulator: { model: 'deepseek-math-7b-instruct' },
  simulation: { questions: 2000, pathsPerQuestion: 2, rollouts: 8, maxNewTokens: 320 },
  verifier: { trainable: 'lora', optimisation: { ...optimisation, batchSize: 40, accumulation: 10 } },
  pairs: {},
  alignment: { optimisation },
  evaluation: { maxNewTokens: 320 },
};

function shape(name: string): ModelShape {
  const known = knownShape(name);
  if (known === undefined) throw new TypeError(`${name} is known`);
  return known;
}

function factsOf(changes: object = {}): Facts {
  return {
    config: parseRunConfig({ ...PAPER, engines, ...changes }),
    shapes: { policy: shape('gemma-2b'), simulator: shape('deepseek-math-7b') },
    counts: { train: 1000, loop: 1000, test: 100, validation: 0, simulator: 0, others: {} },
    texts: { prompt: { mean: 80, longest: 200 }, solution: { mean: 100, longest: 300 }, steps: 5, how: '' },
  };
}

const clusterOf = (settings: object): Cluster => clusterSchema.parse({ memory: '1TiB', ...settings });
const refusalsOf = (changes: object, settings: object, answers: Answers = {}) =>
  Object.fromEntries(
    forecast(factsOf(changes), clusterOf(settings), answers).refusals.map((one) => [
      one.field,
      one.description,
    ]),
  );

it('counts the tokens of every kind of stage, by hand', () => {
  const facts = factsOf();
  const works = worksOf(planRun(facts.config), facts);
  const of = (id: string) => {
    const { rows, read, written, trained } = works.get(id) ?? { rows: 0, read: 0, written: 0, trained: 0 };
    return { rows, read, written, trained };
  };
  // 3 epochs of 1,000 rows of 180.
  expect(of('sft-0')).toEqual({ rows: 1000, read: 0, written: 0, trained: 540_000 });
  // A question is read once for its 16 paths.
  expect(of('sample-1')).toEqual({ rows: 16_000, read: 80_000, written: 1_600_000, trained: 0 });
  // Halved.
  expect(of('sample-3')).toEqual({ rows: 4000, read: 80_000, written: 400_000, trained: 0 });
  // 1,000 questions x 2 paths x 4 prefixes, each read with half a path, x 8 roll-outs of 50.
  expect(of('label-1')).toEqual({ rows: 2000, read: 8000 * 130, written: 8000 * 8 * 50, trained: 0 });
  expect(of('train-verifier-1')).toEqual({ rows: 2000, read: 0, written: 0, trained: 2000 * 180 });
  expect(of('score-2')).toEqual({ rows: 8000, read: 8000 * 180, written: 0, trained: 0 });
  // 3 pairs a question and iteration, accumulating; two texts each.
  expect(of('align-1')).toEqual({ rows: 3000, read: 0, written: 0, trained: 3000 * 360 });
  expect(of('align-3')).toEqual({ rows: 9000, read: 0, written: 0, trained: 9000 * 360 });
  expect(of('evaluate-1')).toEqual({ rows: 100, read: 8000, written: 10_000, trained: 0 });
  expect(of('data')).toEqual({ rows: 0, read: 0, written: 0, trained: 0 });
});

it('takes no more pairs than the paths of a question make', () => {
  const facts = factsOf({ sampling: { pathsPerQuestion: 2, maxNewTokens: 320 }, iterations: 1 });
  expect(worksOf(planRun(facts.config), facts).get('pair-1')?.rows).toBe(1000);
});

it('times a stage by its tokens and rate, by hand', () => {
  const { stages } = forecast(factsOf(), clusterOf({ gpus: 8 }));
  const align = stages.find(({ id }) => id === 'align-1');
  // 4 GPUs x 0.3 x 312 TFLOP/s over 4 x 2.506e9 + 6 x 313,786,368 FLOPs a token.
  const rate = (4 * 0.3 * 312e12) / (4 * 2_506_172_416 + 6 * 313_786_368);
  expect(align?.rates[0]?.perSecond).toBeCloseTo(rate, 3);
  expect(align?.hours).toBeCloseTo(1_080_000 / rate / 3600, 9);
  expect(align?.gpuHours).toBeCloseTo((4 * 1_080_000) / rate / 3600, 9);
  const score = stages.find(({ id }) => id === 'score-1');
  // A head of two labels instead of 102,400 x 4,096.
  expect(score?.rates[0]?.perSecond).toBeCloseTo((0.4 * 312e12) / (2 * 6_490_943_490), 3);
});

it('gives GPUs that are left over to the servers behind a DNS name, and names those with nothing to do', () => {
  const replicas = (gpus: number) =>
    forecast(factsOf(), clusterOf({ gpus })).services.map((one) => [one.part, one.replicas]);
  expect(replicas(8)).toEqual([
    ['policy', 1],
    ['simulator', 2],
    ['verifier', 1],
    ['trainer', 4],
  ]);
  expect(replicas(10)).toEqual([
    ['policy', 2],
    ['simulator', 2],
    ['verifier', 2],
    ['trainer', 4],
  ]);
  const fixed = {
    ...engines,
    policy: { ...servers, urls: 'http://a' },
    simulator: { ...servers, urls: 'http://a' },
  };
  const single = { ...fixed, verifier: { kind: 'pooling', urls: 'http://a' } };
  const { notes } = forecast(factsOf({ engines: single }), clusterOf({ gpus: 8 }));
  expect(notes).toEqual([expect.stringContaining('1 of 8 GPUs have nothing to do')]);
});

it("finds the paper's run feasible on 8 GPUs of 80 GiB, and on 1 with one process, which it says how to set", () => {
  expect(refusalsOf({}, { gpus: 8 })).toEqual({});
  expect(refusalsOf({}, { gpus: 1 })).toEqual({
    'engines.trainer.processes': '4 processes need as many GPUs and the cluster has 1: set it to 1',
  });
  // Three could not share an update's rows.
  expect(refusalsOf({}, { gpus: 3 })).toMatchObject({
    'engines.trainer.processes': '4 processes need as many GPUs and the cluster has 3: set it to 2',
  });
  const one = { engines: { ...engines, trainer: { kind: 'trl' } } };
  expect(refusalsOf(one, { gpus: 1 })).toEqual({});
  const { services } = forecast(factsOf(one), clusterOf({ gpus: 1 }));
  const shared = services.reduce((sum, { room, replicas }) => sum + room * replicas, 0);
  expect(shared).toBeLessThanOrEqual(0.95 * 80 * 1024 ** 3 + 1);
  for (const service of services) expect(sumOf(service.memory)).toBeLessThanOrEqual(service.room + 1);
});

it('refuses what does not fit, with what is missing and the remedy', () => {
  const one = { engines: { ...engines, trainer: { kind: 'trl' } } };
  const whole = { optimisation: { ...optimisation, accumulation: 1 } };
  expect(refusalsOf({ ...one, alignment: whole }, { gpus: 4 })['alignment.optimisation']).toMatch(
    /trainer needs 94\.6 GiB \(.*activations.*\) and a GPU has 80\.0 GiB for it: raise accumulation/,
  );
  expect(refusalsOf(one, { gpus: 1, gpuMemory: '40GiB' })['verifier.optimisation']).toMatch(
    /GiB are missing/,
  );
  expect(refusalsOf({}, { gpus: 8, gpuMemory: '12GiB' })['engines.simulator']).toMatch(
    /simulator needs 14\.\d GiB/,
  );
  expect(Object.keys(refusalsOf({}, { gpus: 0 }))).toEqual([
    'engines.policy.kind',
    'engines.simulator.kind',
    'engines.verifier.kind',
    'engines.trainer.kind',
  ]);
  expect(refusalsOf({ engines: undefined }, { memory: '16GiB' })).not.toEqual({});
  expect(refusalsOf({}, { gpus: 8, disk: '1GiB' })['cluster.disk']).toMatch(/is 1\.0 GiB and the run needs/);
});

it('refuses what the engines that answer would refuse', () => {
  const answers = {
    policy: { kind: 'vllm', maxLoraRank: 64, maxModelLen: 512 },
    simulator: { kind: 'openai' },
    verifier: { maxModelLen: 100 },
  };
  expect(refusalsOf({}, { gpus: 8 }, answers)).toEqual({
    'policy.lora.rank':
      'is 256, and the server of engines.policy takes 64: start it with --max-lora-rank 256, or lower this',
    'sampling.maxNewTokens':
      'the longest sequence is 520 tokens, 200 of them its prompt, and the server takes 512 (max_model_len): ' +
      'start it with --max-model-len 520, or lower this',
    'engines.simulator.kind': 'is vllm, and openai answers: set it to openai, or name other servers',
    'engines.verifier': expect.stringContaining('start its server with --max-model-len 520') as string,
  });
  const strange = forecast(factsOf(), clusterOf({ gpus: 8 }), {
    policy: { version: '0.11.0' },
    trainer: { version: '1.16.0' },
  });
  expect(strange.notes).toEqual([
    'engines.policy: vllm 0.11.0 is not a version that the suites run against (0.32.x)',
  ]);
});

describe('the precision that is planned with', () => {
  const GEMMA = shape('gemma-2b').parameters;
  const policyOf = (changes: object, answers: Answers = {}) => {
    const { services, stages } = forecast(factsOf(changes), clusterOf({ gpus: 8 }), answers);
    const service = services.find(({ part }) => part === 'policy');
    return { weights: service?.memory[0], kv: service?.memory[2]?.bytes, stages, service };
  };

  it.each<[string, object, string | undefined, number, string]>([
    ['nobody says', {}, undefined, 2, 'bfloat16, which is assumed'],
    ['the server does not say', {}, '', 2, 'bfloat16, which is assumed'],
    ['the configuration wants', { precision: 'float32' }, '', 4, 'float32'],
    ['the server says', {}, 'float32', 4, 'float32'],
    ['the server says, whatever is wanted', { precision: 'float32' }, 'float16', 2, 'float16'],
    ['one of two servers says', {}, 'bfloat16, float32', 4, 'bfloat16 and float32'],
    ['a server of rounded weights says', {}, 'fp8', 2, 'fp8, counted as bfloat16'],
  ])('is what %s', (_who, wanted, precision, bytes, words) => {
    const policy = { ...servers, ...wanted };
    const { weights, kv, service } = policyOf({ engines: { ...engines, policy } }, { policy: { precision } });
    expect(weights).toMatchObject({ what: `weights in ${words}`, bytes: GEMMA * bytes });
    // 520 tokens x keys and values of 18 layers, one head of 256.
    expect(kv).toBe(520 * 2 * 18 * 256 * bytes);
    expect(service?.bytes).toBe(bytes);
  });

  it('refuses a server whose float32 does not fit where bfloat16 would', () => {
    const answers = { simulator: { precision: 'float32' } };
    expect(refusalsOf({}, { gpus: 8, gpuMemory: '24GiB' })['engines.simulator']).toBeUndefined();
    expect(refusalsOf({}, { gpus: 8, gpuMemory: '24GiB' }, answers)['engines.simulator']).toMatch(
      /weights in float32 25\.7 GiB/,
    );
  });

  it('is the training’s own, in memory and speed, by TRL too', () => {
    const trainerOf = (precision: string) => {
      const changes = { method: 'siof', alignment: { optimisation: { ...optimisation, precision } } };
      const { services, stages } = forecast(factsOf(changes), clusterOf({ gpus: 8 }));
      const service = services.find(({ part }) => part === 'trainer');
      const sum = (what: string) => service?.memory.find((one) => one.what === what)?.bytes ?? NaN;
      const rate = stages.find(({ id }) => id === 'align-1')?.rates[0]?.perSecond ?? NaN;
      return { field: service?.field, activations: sum('activations'), rate };
    };
    const [half, whole] = [trainerOf('bfloat16'), trainerOf('float32')];
    expect([half.field, whole.field]).toEqual(['alignment.optimisation', 'alignment.optimisation']);
    // Masks of dropout are a byte in both.
    expect(whole.activations / half.activations).toBeGreaterThan(1.8);
    expect(half.rate / whole.rate).toBeCloseTo(312 / 19.5, 9);
  });

  it('is refused where our own engine would train', () => {
    const refused = refusalsOf({ engines: undefined }, {});
    for (const field of ['sft', 'verifier.optimisation', 'alignment.optimisation'])
      expect(refused[`${field}.precision`]).toContain('training in bfloat16 is not computed on cpu');
    const float32 = { ...optimisation, precision: 'float32' };
    const own = { engines: undefined, sft: float32, alignment: { optimisation: float32 } };
    expect(Object.keys(refusalsOf({ ...own, verifier: { optimisation: float32 } }, {}))).toEqual([]);
  });
});

describe('worked examples before the questions', () => {
  const CoT = { method: 'cot', task: { ...PAPER.task, exemplars: 'c' } };
  const shown = { mean: 700, longest: 900 };
  const asked = (changes: object, answers: Answers) => {
    const facts = { ...factsOf(changes), texts: { ...factsOf().texts, shown } };
    return forecast(facts, clusterOf({ gpus: 8 }), answers);
  };
  const fields = (maxModelLen: number, changes: object = CoT) =>
    asked(changes, { policy: { maxModelLen } }).refusals.map(({ field, description }) => [
      field,
      description,
    ]);

  it('are read with every question, and lengthen what the server must take', () => {
    const { stages, services } = asked(CoT, {});
    expect(stages.find(({ id }) => id === 'evaluate-0')?.read).toBe(100 * 700);
    expect(services.find(({ part }) => part === 'policy')?.load?.tokens).toBe(900 + 320);
  });

  it('are refused where a server is too short for them, with what would mend it', () => {
    expect(fields(1220)).toEqual([]);
    expect(fields(1219)).toEqual([
      [
        'evaluation.maxNewTokens',
        'the longest sequence is 1220 tokens, 900 of them its prompt, and the server takes 1219 ' +
          '(max_model_len): start it with --max-model-len 1220, or lower this',
      ],
    ]);
    expect(fields(900)).toEqual([
      ['task.exemplars', expect.stringContaining('--max-model-len 1220, or show fewer worked examples')],
    ]);
  });

  it('asks no longer server for what the run never asks: samples, roll-outs, scores', () => {
    const sampling = { ...PAPER.sampling, maxNewTokens: 4000 };
    expect(fields(1220, { ...CoT, sampling })).toEqual([]);
    expect(Object.fromEntries(fields(1220, { sampling }))).toMatchObject({
      'sampling.maxNewTokens': expect.stringContaining('lower this, so that prefixes are shorter') as string,
      'engines.verifier': expect.stringContaining('the longest path is 4200') as string,
    });
  });

  it('are refused where the model itself is too short', () => {
    const facts = { ...factsOf(CoT), texts: { ...factsOf().texts, shown: { mean: 8000, longest: 8192 } } };
    expect(forecast(facts, clusterOf({ gpus: 8 })).refusals).toEqual([
      {
        field: 'task.exemplars',
        description:
          'the longest sequence is 8512 tokens, 8192 of them its prompt, and gemma-2b takes 8192: ' +
          'show fewer worked examples',
      },
    ]);
  });
});

it('takes what was measured instead of what is assumed', () => {
  const { stages } = forecast(factsOf(), clusterOf({ gpus: 8 }), {
    policy: { measured: { perSecond: 1000, how: 'measured: some' } },
  });
  const sample = stages.find(({ id }) => id === 'sample-1');
  expect(sample?.rates).toEqual([
    { perSecond: 1000, source: 'measured', how: 'measured: some', tokens: 1_600_000 },
  ]);
  expect(sample?.hours).toBeCloseTo(1_600_000 / 1000 / 3600, 9);
});

it("has the paper's scoring by our own engine on 16 cores as its terms say", () => {
  const facts = { ...factsOf({ engines: undefined }), counts: { ...factsOf().counts, loop: 7473 } };
  const { stages } = forecast(facts, clusterOf({ cores: 16 }));
  const scored = stages.filter(({ part }) => part === 'verifier');
  // 16, 8 and 4 paths a question; 122 GFLOP/s a core, two threads 1.42 times as fast as one.
  const tokens = 7473 * (16 + 8 + 4) * (80 + 100);
  const perSecond = (122e9 * 16 ** 0.506) / (2 * 6_490_943_490);
  const hours = scored.reduce((sum, stage) => sum + stage.hours, 0);
  expect(hours).toBeCloseTo(tokens / perSecond / 3600, 6);
  expect(scored[0]?.how).toBe(
    'at most 7473 questions x 16 paths x (80 + 100) tokens, of the question and of a path',
  );
  expect(scored[0]?.rates[0]).toMatchObject({ source: 'bench', tokens: 7473 * 16 * 180 });
  expect(scored[0]?.rates[0]?.how).toContain(
    '122 GFLOP/s of one core x 1 worker x 16 threads^0.506 / 12.98 GFLOP',
  );
});

it('adds hours along the longest chain of stages that wait for each other, or for a service', () => {
  const stage = (id: string, ...after: string[]) => ({ id, after });
  const plan = [stage('a'), stage('b', 'a'), stage('c', 'a'), stage('d', 'b', 'c')];
  const works = (of: Record<string, 'policy' | 'trainer' | undefined>) =>
    new Map(
      Object.entries({ a: 1, b: 5, c: 2, d: 1 }).map(([id, hours]) => [id, { hours, part: of[id] }] as const),
    );
  expect(hoursInAll(plan, works({}))).toBe(7);
  expect(hoursInAll(plan, works({ b: 'policy', c: 'trainer' }))).toBe(7);
  expect(hoursInAll(plan, works({ b: 'policy', c: 'policy' }))).toBe(9);
});

it('holds a cluster for no fewer GPU-hours than are worked on it', () => {
  for (const method of ['sipf', 'sft', 'cot-zero-shot']) {
    const { gpuHours, reservedGpuHours } = forecast(
      factsOf({ method, evaluation: { maxNewTokens: 320, validationQuestions: 50 } }),
      clusterOf({ gpus: 8 }),
    );
    expect(gpuHours).toBeGreaterThan(0);
    expect(gpuHours).toBeLessThanOrEqual(reservedGpuHours);
  }
});

it.each([
  ['80GiB', 80 * 1024 ** 3],
  ['80 GB', 80e9],
  ['0.5TiB', 512 * 1024 ** 3],
])('reads the size %s', (text, bytes) => {
  expect(clusterOf({ gpuMemory: text }).gpuMemory).toBe(bytes);
});

it.each(['80', 'GiB', '-1GiB', '0GiB', '80 gigs'])('refuses the size %j', (gpuMemory) => {
  expect(clusterSchema.safeParse({ gpuMemory }).success).toBe(false);
});

describe('a verifier of 7B by hand', () => {
  // 6,910,365,696 - 102,400 x 4,096 of the LM head + 2 x 4,097 of the score head.
  const PARAMETERS = 6_490_943_490;
  const linear = 30 * (4 * 4096 * 4096 + 3 * 4096 * 11_008);
  const planned = (changes: object = {}) => forecast(factsOf(changes), clusterOf({ gpus: 8 }));

  it('is served and trained with its own head, not with the LM head: 12.1 GiB, 4.0 in nf4', () => {
    const { services, models } = planned();
    const served = services.find(({ part }) => part === 'verifier');
    expect(served?.memory[0]?.bytes).toBe(PARAMETERS * 2);
    expect(size(PARAMETERS * 2)).toBe('12.1 GiB');
    const trainer = services.find(({ part }) => part === 'trainer');
    expect(trainer).toMatchObject({ field: 'verifier.optimisation', stage: 'train-verifier-1' });
    expect(trainer?.memory[0]?.bytes).toBe(linear * (0.5 + 4 / 64) + (PARAMETERS - linear) * 2);
    expect(size(trainer?.memory[0]?.bytes ?? 0)).toBe('4.0 GiB');
    // 256 x (four of 4096 + 4096 and three of 4096 + 11008) of 30 layers.
    const adapter = 30 * 256 * (4 * 8192 + 3 * 15_104);
    expect(models.find(({ part }) => part === 'verifier')).toMatchObject({
      ...{ parameters: PARAMETERS, linear, adapter },
    });
    expect(trainer?.memory.find(({ what }) => what.includes('buckets'))?.bytes).toBe(adapter * 4);
    const logits = trainer?.memory.find(({ what }) => what === 'logits');
    expect([logits?.bytes, size(logits?.bytes ?? 0)]).toEqual([512 * 2 * 2, '2 KiB']);
  });

  it('is counted beside those that it is compared with, the largest where one needs most', () => {
    const onSimulator = { ...PAPER.verifier, base: 'simulator' };
    const comparedVerifiers = [{ base: 'policy' }, { base: { model: 'x' }, kind: 'outcome' }];
    const facts = factsOf({ verifier: onSimulator, comparedVerifiers });
    const larger = { ...shape('deepseek-math-7b'), parameters: 9e9, maxTokens: 64 };
    const shapes = { ...facts.shapes, comparedBases: [undefined, larger] };
    const { services, disk, stages, refusals } = forecast({ ...facts, shapes }, clusterOf({ gpus: 8 }));
    const head = 2 * 4096 + 2 - 102_400 * 4096;
    expect(services.find(({ part }) => part === 'verifier')?.memory[0]?.bytes).toBe((9e9 + head) * 2);
    expect(services.find(({ part }) => part === 'trainer')).toMatchObject({
      stage: 'train-verifier-compared-2-1',
    });
    const small = shape('gemma-2b').parameters - shape('gemma-2b').lmHead + 2 * 2048 + 2;
    expect(disk.find(({ what }) => what === 'verifiers, merged')?.bytes).toBe(
      2 * (PARAMETERS + small + 9e9 + head),
    );
    const merged = stages.filter(({ merging }) => merging !== undefined).map(({ id }) => id);
    expect(merged).toEqual(['score-1', 'score-compared-1-1', 'score-compared-2-1']);
    expect(refusals.map(({ field }) => field)).toContain('engines.verifier');
  });

  it('keeps the LM head where its own reads the confidence too', () => {
    const { services } = planned({
      verifier: { ...PAPER.verifier, head: 'hidden-confidence' },
      engines: undefined,
    });
    const served = services.find(({ part }) => part === 'verifier');
    expect(served?.memory[0]?.bytes).toBe((6_910_365_696 + 8194) * 4);
  });

  it("is merged into a folder of its base's dtype once, before the first stage that asks it", () => {
    const { stages, disk } = planned();
    const [first, second] = ['score-1', 'score-2'].map((id) => stages.find((stage) => stage.id === id));
    const seconds = (linear * 256) / 6.1e9 + (PARAMETERS * 2) / 0.2e9;
    expect(first?.merging?.hours).toBeCloseTo(seconds / 3600, 9);
    const scoring = (1000 * 16 * 180) / ((0.4 * 312e12) / (2 * PARAMETERS)) / 3600;
    expect(first?.hours).toBeCloseTo(scoring + seconds / 3600, 6);
    expect(first?.gpuHours).toBeCloseTo(scoring, 6);
    expect(second?.merging).toBeUndefined();
    expect(disk.find(({ what }) => what === 'the verifier, merged')?.bytes).toBe(PARAMETERS * 2);
    expect(planned({ verifier: { ...PAPER.verifier, refresh: 'every-iteration' } }).disk).toContainEqual(
      expect.objectContaining({ what: 'verifiers, merged', bytes: 3 * PARAMETERS * 2 }),
    );
    const wide = {
      ...factsOf(),
      shapes: { ...factsOf().shapes, simulator: { ...shape('deepseek-math-7b'), storedBytes: 4 } },
    };
    expect(forecast(wide, clusterOf({ gpus: 8 })).disk).toContainEqual(
      expect.objectContaining({ what: 'the verifier, merged', bytes: PARAMETERS * 4 }),
    );
  });

  it('is started in the precision that is planned, which vLLM would not choose for float32', () => {
    const dtypeOf = (changes: object, answers: Answers = {}) =>
      forecast(factsOf(changes), clusterOf({ gpus: 8 }), answers).services.map(({ part, dtype }) => [
        part,
        dtype,
      ]);
    expect(Object.fromEntries(dtypeOf({}))).toMatchObject({ policy: 'bfloat16', verifier: 'bfloat16' });
    const verifier = { ...engines.verifier, precision: 'float32' };
    expect(Object.fromEntries(dtypeOf({ engines: { ...engines, verifier } }))).toMatchObject({
      verifier: 'float32',
    });
  });
});

it('writes roll-outs at the rate of their own context: a question, half a path, half of what is written', () => {
  const { stages } = forecast(factsOf(), clusterOf({ gpus: 8 }));
  const label = stages.find(({ id }) => id === 'label-1');
  expect(label?.context.value).toBe(80 + 50 + 50 / 2);
  expect(stages.find(({ id }) => id === 'sample-1')?.context.value).toBe(80 + 100 / 2);
  // 64 sequences asked of two servers; 30 layers of 2 x 32 x 128 keys and values in 2 bytes.
  const moved = 6_910_365_696 * 2 + 32 * 155 * 30 * 2 * 4096 * 2;
  expect(label?.rates[1]?.perSecond).toBeCloseTo((2 * 32) / (moved / (0.6 * 2039e9)), 3);
});

it('keeps three checkpoints of a training by TRL, and those of two where they go side by side', () => {
  const checkpoints = (changes: object) =>
    forecast(factsOf(changes), clusterOf({ gpus: 8 })).disk.find(({ what }) => what === 'checkpoints');
  const adapter = 30 * 256 * (4 * 8192 + 3 * 15_104);
  expect(checkpoints({})?.bytes).toBe(3 * adapter * 12);
  expect(checkpoints({})?.how).toContain('train-verifier-1: ');
  expect(checkpoints({ engines: undefined })?.bytes).toBe(2 * adapter * 12);
});

it('takes no cores and no memory that nobody described', () => {
  const own = forecast(factsOf({ engines: undefined }), clusterSchema.parse({}));
  expect(own.services.every(({ room }) => room === Infinity)).toBe(true);
  expect(own.refusals.filter(({ field }) => field !== 'engines.trainer')).toEqual(
    own.refusals.filter(
      ({ description }) => description.includes('precision') || description.includes('bfloat16'),
    ),
  );
});

describe("main memory of TRL's machine, by hand", () => {
  const PROCESSES = 4 * 3 * 1024 ** 3;
  const ADAPTER = 30 * 256 * (4 * 8192 + 3 * 15_104);
  const VERIFIER = 6_490_943_490;
  const wholeWeights = { lora: { rank: 256, alpha: 128, dropout: 0.05 }, model: 'gemma-2b' };
  const hostOf = (changes: object, trainer: object = {}) => {
    const changed = { ...changes, engines: { ...engines, trainer: { ...engines.trainer, ...trainer } } };
    const { host, refusals } = forecast(factsOf(changed), clusterOf({ gpus: 8, memory: '64GiB' }));
    return { stage: host?.stage, bytes: sumOf(host?.parts ?? []), refusals };
  };

  it('has every process load the model under ddp and fsdp2, and one under zero3', () => {
    expect(hostOf({ policy: wholeWeights })).toMatchObject({
      ...{ stage: 'train-verifier-1', bytes: PROCESSES + 4 * VERIFIER * 2 + 4 * ADAPTER * 4 },
      refusals: [
        {
          field: 'cluster.memory',
          description: expect.stringMatching(
            /is 64\.0 GiB, and the processes of train-verifier-1 need 69\.3 GiB of it .*SIPF_TRAINER_MEMORY/,
          ) as string,
        },
      ],
    });
    expect(hostOf({ policy: wholeWeights }, { sharding: 'fsdp2' })).toMatchObject({
      bytes: PROCESSES + 4 * VERIFIER * 2 + 4 * ADAPTER * 4,
    });
    const precision = 'float32';
    const settings = {
      sft: { ...optimisation, precision },
      alignment: { optimisation: { ...optimisation, precision } },
    };
    const verifier = { ...PAPER.verifier, optimisation: { ...PAPER.verifier.optimisation, precision } };
    expect(hostOf({ policy: wholeWeights, ...settings, verifier }, { sharding: 'zero3' })).toMatchObject({
      bytes: PROCESSES + VERIFIER * 4 + 4 * ADAPTER * 4,
    });
  });

  it('holds no quantised weights, and weights that are trained in float32', () => {
    expect(hostOf({})).toMatchObject({ bytes: PROCESSES + 4 * ADAPTER * 4, refusals: [] });
    const full = { policy: { model: 'gemma-2b' }, verifier: { ...PAPER.verifier, trainable: 'full' } };
    expect(hostOf(full).bytes).toBe(PROCESSES + 4 * VERIFIER * 4);
  });

  it('is refused where it is described alone, and not asked of our own engine', () => {
    const changed = factsOf({ policy: wholeWeights });
    expect(forecast(changed, clusterSchema.parse({ gpus: 8 })).refusals).toEqual([]);
    expect(forecast(factsOf({ engines: undefined }), clusterOf({})).host).toBeUndefined();
  });
});
