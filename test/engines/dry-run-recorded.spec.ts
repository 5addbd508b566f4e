import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { cluster, forecast, type Facts, type Forecast } from '@sipf/runs';
import { askEngines } from '@sipf/runs/preflight';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/models.ts';
import { startScriptedVllm, type ScriptedVllm } from './support/scripted-vllm.ts';

let server: ScriptedVllm;
beforeAll(async () => {
  server = await startScriptedVllm();
});
beforeEach(() => {
  server.override = () => undefined;
  server.maxModelLen = 200;
  server.version = '0.32.0';
  server.adapters.clear();
});
afterAll(() => server[Symbol.asyncDispose]());

const size = { hiddenSize: 64, intermediateSize: 128, layers: 2, heads: 2, kvHeads: 2, headDim: 32 };
const shape = {
  name: 'tiny',
  parameters: 1e6,
  lmHead: 0,
  ...size,
  vocabSize: 512,
  maxTokens: 4096,
  gated: true,
};
const lora = { rank: 8, alpha: 16 };

/** A run whose longest sequence has 150 tokens, and whose policy is an adapter on the server. */
function factsOf(engines: object, settings: object = {}): Facts {
  return {
    config: parseRunConfig({ ...SMALL_RUN, policy: { model: 'm', lora }, ...settings, engines }),
    shapes: { policy: shape },
    counts: { train: 10, loop: 10, test: 10, validation: 0, simulator: 0, others: {} },
    texts: { prompt: { mean: 50, longest: 86 }, solution: { mean: 20, longest: 60 }, steps: 3, how: '' },
  };
}

const policy = (rest: object = {}) => ({
  policy: { kind: 'vllm', urls: `${server.origin}/v1`, model: 'policy', ...rest },
});
const verifier = (rest: object = { hook: 'restart.sh' }) => ({
  verifier: { kind: 'pooling', urls: `${server.origin}/v1`, ...rest },
});

async function planOf(facts: Facts): Promise<Forecast> {
  return forecast(facts, cluster.parse({ gpus: 4 }), await askEngines(facts, { isHere: true }));
}
const refusalsOf = ({ refusals }: Forecast) =>
  Object.fromEntries(refusals.map(({ field, description }) => [field, description]));

/** Answers a path otherwise than the server would. */
function answer(path: string, body: object, status = 200): () => void {
  return () => {
    server.override = (request) => (request.path.startsWith(path) ? { status, body } : undefined);
  };
}
const said = (status: number, message: string) => ({ error: { message, code: status } });
const info = (config: object, environment: object = {}) =>
  answer('/server_info', { vllm_config: config, vllm_env: environment });
const rank = (most: number) => info({ lora_config: { max_lora_rank: most } });
const plugins = (...names: string[]) => info({ lora_config: { max_lora_rank: 8 } }, { VLLM_PLUGINS: names });
const maxLength = (length: number) => () => {
  server.maxModelLen = length;
};
const nothing = () => undefined;
const adapted = (value: number) => ({ policy: { model: 'm', lora: { ...lora, rank: value } } });
const whole = { policy: { model: 'm' } };
const untrained = { ...whole, method: 'cot-zero-shot' };
const wide = { sampling: { ...SMALL_RUN.sampling, maxNewTokens: 64 }, evaluation: { maxNewTokens: 64 } };

describe('a dry run asks a server of vLLM', () => {
  it.each<[string, () => void, object, object, string | undefined, string]>([
    ['takes all', nothing, {}, {}, undefined, ''],
    ['its highest rank is the adapter’s', rank(8), {}, {}, undefined, ''],
    ['a rank that is none of vLLM’s, under its highest', rank(16), {}, adapted(12), undefined, ''],
    ['a lower rank', rank(8), {}, adapted(9), 'policy.lora.rank', '--max-lora-rank 16'],
    ['just long enough', maxLength(150), {}, wide, undefined, ''],
    ['a token too short', maxLength(149), {}, wide, 'sampling.maxNewTokens', '--max-model-len 150'],
    ['another model', nothing, { model: 'other' }, {}, 'engines.policy.model', 'it lists policy'],
    [
      'a smaller vocabulary',
      answer('/v1/completions', said(400, 'Token id 511 is out of vocabulary'), 400),
      ...([{}, {}, 'policy.model', "fewer than the run's 512 tokens"] as const),
    ],
    [
      'no adapters at run time',
      answer('/v1/load_lora_adapter', { detail: 'Not Found' }, 404),
      ...([{}, {}, 'engines.policy.adapter', 'VLLM_ALLOW_RUNTIME_LORA_UPDATING=True'] as const),
    ],
    ['no adapters at all', info({ lora_config: null }), {}, {}, 'engines.policy.adapter', '--enable-lora'],
    [
      'no resolver among its plugins',
      plugins('some_tool'),
      ...([{ adapter: 'resolver' }, {}, 'engines.policy.adapter', 'VLLM_PLUGINS=sipf_store'] as const),
    ],
    ['our resolver', plugins('sipf_store'), { adapter: 'resolver' }, {}, undefined, ''],
    [
      'plugins that a named adapter does not need',
      plugins('some_tool'),
      { adapter: 'folder' },
      {},
      undefined,
      '',
    ],
    ['all weights, which it keeps', nothing, {}, whole, 'engines.policy.weights', 'let this be reload'],
    ['the pre-trained model alone', nothing, {}, untrained, undefined, ''],
    ['all weights, which it loads', nothing, { weights: 'reload' }, whole, undefined, ''],
    ['weights that it can load', nothing, { weights: 'reload' }, {}, undefined, ''],
    [
      'weights that it cannot load',
      answer('/collective_rpc', { detail: 'Not Found' }, 404),
      ...([{ weights: 'reload' }, {}, 'engines.policy.weights', 'sipf_vllm.worker.StoreWorker'] as const),
    ],
    [
      'another precision',
      info({ model_config: { dtype: 'torch.bfloat16' } }),
      ...([{ precision: 'float32' }, {}, 'engines.policy.precision', '--dtype float32'] as const),
    ],
    [
      'no text at all',
      answer('/v1/completions', said(501, 'The model does not support Completions API'), 501),
      ...([{}, {}, 'engines.policy.kind', '--runner generate'] as const),
    ],
  ])(
    '%s: refuses what it would, and nothing else',
    async (_what, prepare, engine, settings, field, remedy) => {
      prepare();
      const refusals = refusalsOf(await planOf(factsOf(policy(engine), settings)));
      expect(Object.keys(refusals)).toEqual(field === undefined ? [] : [field]);
      expect(Object.values(refusals).join()).toContain(remedy);
      // Nothing there was changed.
      expect([...server.adapters]).toEqual([]);
      expect(server.asked('/pause?mode=wait')).toEqual([]);
    },
  );

  it('plans with the speed that was measured, and says how', async () => {
    server.write = () => ({ tokenIds: [101], text: 'a', finish: 'length' });
    const before = server.asked('/v1/completions').length;
    const { stages, notes } = await planOf(factsOf(policy({ concurrency: 8 })));
    const sample = stages.find(({ id }) => id === 'sample-1');
    expect(sample?.rates).toMatchObject([{ source: 'measured', tokens: sample?.written }]);
    expect(sample?.rates[0]?.how).toMatch(
      /^measured: 8 requests at a time, each reads 50 tokens and writes 32, in /,
    );
    // One looks whether it would write at all.
    expect(server.asked('/v1/completions').length - before).toBe(9);
    expect(notes.filter((note) => note.startsWith('engines.'))).toEqual([]);
  });

  it.each([
    ['torch.float32', undefined, 'weights in float32', 4],
    ['torch.bfloat16', 'fp8', 'weights in fp8, counted as bfloat16', 2],
  ])('plans the memory of %s, quantised %s', async (dtype, quantization, what, bytes) => {
    info({ model_config: { dtype, quantization } })();
    const facts = factsOf(policy());
    const { services } = await planOf(facts);
    const { memory = [] } = services.find(({ part }) => part === 'policy') ?? {};
    expect(memory[0]).toMatchObject({ what, bytes: facts.shapes.policy.parameters * bytes });
  });

  it('says who is silent and which version nobody has tried, and assumes the speed', async () => {
    server.version = '0.11.0';
    const silent = { ...policy(), simulator: { kind: 'vllm', urls: 'http://127.0.0.1:1/v1' } };
    const { notes, stages } = await planOf(factsOf(silent));
    expect(notes).toContainEqual(expect.stringContaining('vllm 0.11.0 is not a version'));
    expect(notes).toContainEqual(
      expect.stringMatching(/^engines\.simulator: does not answer \(127\.0\.0\.1:1: .*ECONNREFUSED/),
    );
    const labels = stages.find(({ id }) => id === 'label-1');
    expect(new Set(labels?.rates.map(({ source }) => source))).toEqual(new Set(['assumed']));
  });

  it.each([
    ['greater than max_lora_rank 8.', 9, 'policy.lora.rank', '--max-lora-rank 16'],
    ['greater than max_lora_rank 8.', 8, undefined, ''],
    ['LoRA is not enabled. Use --enable-lora to enable LoRA.', 8, 'engines.policy.adapter', '--enable-lora'],
  ])(
    'reads in its refusal (%s) what a server that does not describe itself takes',
    async (words, asked, field, remedy) => {
      const failed = said(500, `Call to add_lora method failed: Worker failed with error '${words}'`);
      server.override = ({ path, body }) => {
        if (path.startsWith('/server_info')) return { status: 404, body: { detail: 'Not Found' } };
        return body['lora_name'] === 'sipf-rank-probe' ? { status: 500, body: failed } : undefined;
      };
      const refusals = refusalsOf(await planOf(factsOf(policy(), adapted(asked))));
      expect(Object.keys(refusals)).toEqual(field === undefined ? [] : [field]);
      expect(Object.values(refusals).join()).toContain(remedy);
    },
  );

  it('says that a server does not tell its ranks', async () => {
    answer('/server_info', { detail: 'Not Found' }, 404)();
    const { notes } = await planOf(factsOf(policy()));
    expect(notes).toContainEqual(
      expect.stringMatching(/^engines\.policy: does not say which ranks of adapters it takes/),
    );
  });

  it('says that a server does not tell its precision, where one is wanted', async () => {
    answer('/server_info', { detail: 'Not Found' }, 404)();
    const { notes } = await planOf(factsOf(policy({ precision: 'float32' })));
    expect(notes).toContainEqual(
      expect.stringMatching(/^engines\.policy: does not say what it computes in, float32 is wanted/),
    );
    const { notes: others } = await planOf(factsOf(policy()));
    expect(others.filter((note) => note.includes('computes in'))).toEqual([]);
  });

  it.each(['/v1/models', '/server_info', '/v1/completions'])(
    'asks once more where a connection that was kept is closed at %s',
    async (path) => {
      rank(8)();
      const { override } = server;
      let closed = 0;
      server.override = (request) =>
        request.path.startsWith(path) && closed++ === 0 ? 'close' : override(request);
      expect(Object.keys(refusalsOf(await planOf(factsOf(policy(), adapted(9)))))).toEqual([
        'policy.lora.rank',
      ]);
    },
  );
});

describe('a dry run asks a server that pools', () => {
  const numbers = (count: number) => ({
    data: [{ index: 0, data: Buffer.alloc(4 * count).toString('base64') }],
  });
  it.each<[string, () => void, string | undefined, string]>([
    ['two labels a token', answer('/pooling', numbers(8)), undefined, ''],
    ['the marks of steps alone', answer('/pooling', numbers(2)), undefined, ''],
    ['another head', answer('/pooling', numbers(12)), 'engines.verifier.kind', '3 numbers a token'],
    [
      'a server that writes',
      answer('/pooling', said(501, 'The model does not support Pooling API'), 501),
      ...(['engines.verifier.kind', '--runner pooling'] as const),
    ],
  ])('%s', async (_what, prepare, field, remedy) => {
    prepare();
    const plan = await planOf(factsOf(verifier()));
    expect(Object.keys(refusalsOf(plan))).toEqual(field === undefined ? [] : [field]);
    expect(Object.values(refusalsOf(plan)).join()).toContain(remedy);
    const score = plan.stages.find(({ id }) => id === 'score-1');
    expect(score?.rates[0]?.source).toBe(field === undefined ? 'measured' : 'assumed');
  });
});

it('misses the program that starts a pooling server with each verifier of the run', async () => {
  answer('/pooling', { data: [{ index: 0, data: Buffer.alloc(32).toString('base64') }] })();
  expect(refusalsOf(await planOf(factsOf(verifier({}))))).toEqual({
    'engines.verifier.hook': expect.stringContaining('name a program that starts the server') as string,
  });
  const unverified = { method: 'sft', verifier: undefined };
  expect(refusalsOf(await planOf(factsOf(verifier({}), unverified)))).toEqual({});
});

describe('a dry run asks the trainer’s Python', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });
  const known = {
    ...{ trl: '1.16.0', transformers: '5.24.0', peft: '0.21.2', torch: '2.15.0' },
    ...{ accelerate: '1.15.0', datasets: '5.2.0', bitsandbytes: '0.50.2', deepspeed: '0.19.8' },
  };
  /** A Python that answers `apps/training/trl/versions.py` as one with these packages does. */
  function pythonWith(found: Partial<typeof known>): string {
    mkdirSync(folder.path, { recursive: true });
    const path = join(folder.path, 'python');
    const answered = JSON.stringify({ known, found: { ...known, ...found } });
    writeFileSync(path, `#!/bin/sh\necho '${answered}'\n`, { mode: 0o755 });
    return path;
  }
  const nf4 = { policy: { model: 'm', lora: { ...lora, quantisation: 'nf4' } } };

  it.each<[string, Partial<typeof known>, object, object, string | undefined]>([
    ['with all of them', {}, {}, nf4, undefined],
    ['without TRL', { trl: '' }, {}, {}, 'has no trl'],
    ['without what quantises', { bitsandbytes: '' }, {}, nf4, 'has no bitsandbytes'],
    ['without what quantises, which is not asked', { bitsandbytes: '' }, {}, {}, undefined],
    ['without what shares weights out', { deepspeed: '' }, { sharding: 'zero3' }, {}, 'has no deepspeed'],
    ['without what shares weights out, which is not asked', { deepspeed: '' }, {}, {}, undefined],
  ])('%s: refuses what would fail, and nothing else', async (_what, found, trainer, settings, words) => {
    const engines = { trainer: { kind: 'trl', python: pythonWith(found), ...trainer } };
    const refusals = refusalsOf(await planOf(factsOf(engines, settings)));
    expect(Object.keys(refusals)).toEqual(words === undefined ? [] : ['engines.trainer.python']);
    if (words !== undefined) expect(refusals['engines.trainer.python']).toContain(words);
  });

  it('names versions that nobody has tried', async () => {
    const python = pythonWith({ trl: '1.20.0', peft: '0.22.0' });
    const { notes, refusals } = await planOf(factsOf({ trainer: { kind: 'trl', python } }));
    expect(refusals).toEqual([]);
    expect(notes).toEqual(
      expect.arrayContaining([
        expect.stringContaining('trl 1.20.0 is not a version that the suites run against'),
        'engines.trainer: peft 0.22.0 is not the tested 0.21.2',
      ]),
    );
  });

  it('asks none where the run is for another machine, whose Python is another one', async () => {
    const facts = factsOf({ trainer: { kind: 'trl', python: '/nowhere/python' } });
    const answers = await askEngines(facts, { isHere: false });
    const { refusals, notes } = forecast(facts, cluster.parse({ gpus: 4 }), answers);
    expect(refusals).toEqual([]);
    expect(notes).toContain('engines.trainer: the Python that trains is on another machine and is not asked');
  });

  it('refuses one that is not there, and does not ask a program of one’s own', async () => {
    const engines = { trainer: { kind: 'trl', python: '/nowhere/python' } };
    const { 'engines.trainer.python': refused } = refusalsOf(await planOf(factsOf(engines)));
    expect(refused).toContain('does not say which packages it has');
    const { notes, refusals } = await planOf(factsOf({ trainer: { kind: 'trl', command: 'mine' } }));
    expect(notes).toContain('engines.trainer: mine is a program of yours and is not asked');
    expect(refusals).toEqual([]);
  });
});
