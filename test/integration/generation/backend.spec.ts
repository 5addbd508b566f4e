import { FolderArtifactStore } from '@sipf/artifacts';
import { common, events, generation, simulation } from '@sipf/contracts';
import { connectNatsBus, encodeIterationEvent } from '@sipf/events';
import { digestFolder } from '@sipf/models';
import { createClient, createLogger, type ServiceClient } from '@sipf/service';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, lasting, refusalOf } from '../../support/calls.ts';
import { startFaultyProxy, type FaultyProxy, type ProxyBehaviour } from '../../support/faulty-proxy.ts';
import { answering, randomModel, temporaryFolder, writeAdapter, writeModel } from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';
import { hasStories, storiesFolder } from '../../support/stories.ts';

type Generator = ServiceClient<generation.GenerationServiceDefinition>;
type Simulator = ServiceClient<simulation.SimulationServiceDefinition>;

const KEY = 'the-key-of-the-backend-of-this-test';
const folder = temporaryFolder();
const store = new FolderArtifactStore(join(folder.path, 'store'));
const base = randomModel('backend');
const sampling = common.SamplingSettings.fromPartial({ n: 6, temperature: 0.9, maxNewTokens: 16, seed: 9n });
const prompts = ['1 + 1 = ', 'How many pens are left?\n'].map((text, index) => ({
  id: `q ${index}/ü`,
  text,
}));
let digest: string;
let adapterDigest: string;
let answeringDigest: string;
let stories = '';
let programs: RunningProgram[];
let proxy: FaultyProxy;
/** The engine, the same engine over the wire, and the same where only OpenAI's own fields are spoken. */
let [direct, remote, plain]: Generator[] = [];
let simulators: Simulator[];

function serving(model: string): string[] {
  return ['--model', model, '--artifacts', join(folder.path, 'store'), '--max-models', '2'];
}

async function startGateway(engine: RunningProgram): Promise<RunningProgram> {
  const names = ['--served-model-name', 'policy', '--adapters', join(folder.path, 'store')];
  return await startProgram('gateway', ['--generation', engine.address, ...names]);
}

beforeAll(async () => {
  const model = await writeModel(folder.path, 'model', base);
  digest = await digestFolder(model);
  ({ digest: adapterDigest } = await store.putFolder(
    await writeAdapter(join(folder.path, 'adapter'), base, digest),
  ));
  ({ digest: answeringDigest } = await store.putFolder(
    await writeModel(folder.path, 'answering', answering()),
  ));
  if (hasStories) ({ digest: stories } = await store.putFolder(storiesFolder));
  const engine = await startProgram('generation', serving(model));
  const gateway = await startGateway(engine);
  proxy = await startFaultyProxy(gateway.address);
  const keyFile = join(folder.path, 'key');
  writeFileSync(keyFile, `${KEY}\n`);
  const backend = ['--backend', 'openai', '--backend-url', `${proxy.url}/v1`, '--backend-key-file', keyFile];
  const named = [...backend, '--backend-model', 'policy', '--backend-attempts', '3'];
  const older = [...named, '--backend-dialect', 'openai', '--backend-prompt', 'text'];
  programs = [
    engine,
    gateway,
    ...(await Promise.all([
      startProgram('generation', [...serving(model), ...named, '--backend-concurrency', '4']),
      startProgram('generation', [...serving(model), ...older]),
      startProgram('simulation', serving(model)),
      startProgram('simulation', [...serving(model), ...named]),
    ])),
  ];
  const addresses = programs.map(({ address }) => address);
  [direct, remote, plain] = [0, 2, 3].map((at) =>
    createClient(generation.GenerationServiceDefinition, addresses[at] ?? '', { retry: { attempts: 1 } }),
  );
  simulators = [4, 5].map((at) =>
    createClient(simulation.SimulationServiceDefinition, addresses[at] ?? '', { retry: { attempts: 1 } }),
  );
});

afterEach(() => {
  proxy.behave = () => 'pass';
});

afterAll(async () => {
  for (const client of [direct, remote, plain, ...simulators]) client?.close();
  await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
  await proxy[Symbol.asyncDispose]();
  folder.remove();
  for (const program of programs) expect(program.log()).not.toContain(KEY);
  for (const program of programs.slice(2, 6)) expectNoPaths(program.log());
});

/** Answers without what depends on the clock, in order; the mean is of numbers that the wire has rounded. */
async function ask(client: Generator | undefined, request: object = {}) {
  const whole = generation.GenerateRequest.fromPartial({
    ...{ prompts, sampling, returnTokenIds: true, returnLogProbs: true },
    ...request,
  });
  const paths = await collect((client as Generator).generate(whole, { idempotent: false }));
  return paths
    .map((path) => ({ ...lasting(path), meanLogProb: Math.fround(path.meanLogProb).toFixed(4) }))
    .sort((a, b) => a.promptId.localeCompare(b.promptId) || a.sampleIndex - b.sampleIndex);
}

it.each([
  ['drawn', {}],
  ['filtered', { topK: 12, topP: 0.9, minP: 0.02, repetitionPenalty: 1.2 }],
  ['greedy', { greedy: true, n: 1 }],
  ['cut at stop strings', { stopStrings: ['1', '>>'], maxNewTokens: 30 }],
  ['of a seed of 64 bits', { seed: 2n ** 64n - 1n }],
])('gives over the wire the very paths that the engine gives: %s', async (_what, settings) => {
  const request = { sampling: { ...sampling, ...settings } };
  const own = await ask(direct, request);
  expect(await ask(remote, request)).toEqual(own);
  if (own.length > 1) expect(new Set(own.map(({ text }) => text)).size).toBeGreaterThan(1);
  expect(proxy.mostOpen()).toBeLessThanOrEqual(4);
});

it.skipIf(!hasStories)(
  'does so with a real trained model, which the backend loads by its digest',
  async () => {
    const model = { digest: stories, adapterDigest: '' };
    const prompts = [{ id: 'story', text: 'Once upon a time' }];
    const request = { model, prompts, sampling: { ...sampling, n: 4, maxNewTokens: 40 } };
    const own = await ask(direct, request);
    expect(await ask(remote, request)).toEqual(own);
    expect(own[0]?.model).toEqual(model);
  },
);

it('speaks to a server that knows only OpenAI’s own fields', async () => {
  const request = { returnTokenIds: false };
  expect(await ask(plain, request)).toEqual(await ask(direct, request));
  const stopped = { ...request, sampling: { ...sampling, stopStrings: ['1'] } };
  const texts = async (client: Generator | undefined) => (await ask(client, stopped)).map(({ text }) => text);
  expect(await texts(plain)).toEqual(await texts(direct));
  expect(await refusalOf(ask(plain))).toMatchObject({
    kind: 'unimplemented',
    reason: 'BACKEND_ANSWER_INVALID',
  });
  const filtered = ask(plain, { sampling: { ...sampling, topK: 5 } });
  expect(await refusalOf(filtered)).toMatchObject({ reason: 'BACKEND_REFUSED' });
});

it('returns of tokens over the wire what the engine returns', async () => {
  const details = { returnDetails: true, returnPromptDetails: true, returnPromptText: true, topLogProbs: 3 };
  const few = { ...details, sampling: { ...sampling, n: 2, maxNewTokens: 4 } };
  const own = await ask(direct, few);
  expect(await ask(remote, few)).toEqual(own);
  expect(own[0]?.details.every(({ top }) => top.length === 3)).toBe(true);
  expect(own[0]?.promptDetails.map(({ logProb }) => logProb === undefined)).toContain(true);
  const read = { ...details, sampling: { ...sampling, n: 1, maxNewTokens: 0 } };
  expect(await ask(remote, read)).toEqual(await ask(direct, read));
  expect(await refusalOf(ask(plain, { ...few, returnTokenIds: false }))).toMatchObject({
    ...{ reason: 'BACKEND_REFUSED', violations: [{ field: 'top_log_probs' }] },
  });
});

it('answers conversations, tokens and later samples alike', async () => {
  const request = {
    prompts: [
      { id: 'tokens', tokenIds: [1, 5, 6, 7], firstSampleIndex: 3 },
      { id: 'q 0/ü', text: '1 + 1 = ', firstSampleIndex: 2 },
    ],
    sampling: { ...sampling, n: 4 },
  };
  const own = await ask(direct, request);
  expect(await ask(remote, request)).toEqual(own);
  const first = (await ask(direct)).filter(
    ({ promptId, sampleIndex }) => promptId === 'q 0/ü' && sampleIndex > 1,
  );
  const continued = own.filter(({ promptId }) => promptId === 'q 0/ü').slice(0, 4);
  expect(continued.map(({ text }) => text)).toEqual(first.map(({ text }) => text));
  const wrong = ask(remote, { prompts: [{ id: 'x', tokenIds: [1, 100_000] }] });
  expect(await refusalOf(wrong)).toMatchObject({ reason: 'INVALID_FIELD' });
});

async function label(client: Simulator | undefined, settings: object = {}) {
  const steps = ['<<1+1=2>>', '<<2-1=1>>', '#### 1'];
  const paths = ['1', '2'].map((goldAnswer, index) => ({
    ...{ id: `p/${index}`, prompt: '1+1\n', steps, goldAnswer, outcomeCorrect: index === 0, preamble: '' },
  }));
  const request = simulation.LabelStepsRequest.fromPartial({
    ...{ task: 'arithmetic', paths, tau: 3, model: { digest: answeringDigest } },
    sampling: { n: 8, temperature: 1, maxNewTokens: 12, seed: 3n },
    ...settings,
  });
  const answers = await collect((client as Simulator).labelSteps(request));
  return answers.map(lasting).sort((a, b) => a.pathId.localeCompare(b.pathId));
}

it('labels steps as the engine does, at once and in rounds', async () => {
  const [engine, backend] = simulators;
  for (const [tau, stopWhenDecided] of [
    [3, false],
    [2, true],
  ]) {
    const own = await label(engine, { tau, stopWhenDecided });
    expect(await label(backend, { tau, stopWhenDecided })).toEqual(own);
    expect(own[0]?.labels[0]?.reachedBy.length).toBeGreaterThan(0);
  }
});

it('has the server load an adapter under its digest, and again after the server forgot it', async () => {
  const model = { digest, adapterDigest };
  const own = await ask(direct, { model });
  expect(own.map(({ text }) => text)).not.toEqual((await ask(direct)).map(({ text }) => text));
  expect(await ask(remote, { model })).toEqual(own);
  const loads = (): number => proxy.paths.filter((path) => path.endsWith('load_lora_adapter')).length;
  expect(loads()).toBe(1);
  const [engine] = programs as [RunningProgram];
  // As a server that is started anew, without what it has loaded.
  const fresh = await startGateway(engine);
  programs.push(fresh);
  proxy.target = fresh.address;
  expect(await ask(remote, { model })).toEqual(own);
  expect(loads()).toBeGreaterThan(1);
  expect(await ask(remote)).toEqual(await ask(direct));
});

it.skipIf(!hasNats)('has the server load at an iteration’s boundary what the run needs next', async () => {
  const { digest: next } = await store.putFolder(
    await writeAdapter(join(folder.path, 'next'), base, digest, { seed: 'next' }),
  );
  await using stack = new AsyncDisposableStack();
  const nats = await startNats(join(folder.path, 'nats'));
  stack.defer(() => nats.stop());
  const bus = await connectNatsBus({
    url: nats.url,
    log: createLogger({ service: 'test', level: 'silent' }),
  });
  stack.defer(() => bus.close());
  const flags = [...serving(join(folder.path, 'model')), '--nats-url', nats.url, '--backend', 'openai'];
  const named = ['--backend-url', `${proxy.url}/v1`, '--backend-model', 'policy'];
  stack.use(await startProgram('generation', [...flags, ...named]));
  const event = events.IterationEvent.fromPartial({
    ...{ eventId: 'run/1', runId: 'run', iteration: 1 },
    stage: { $case: 'started', value: {} },
    needs: [{ service: 'generation', model: { digest, adapterDigest: next } }],
  });
  await bus.publish(encodeIterationEvent(event));
  const held = async (): Promise<string> => (await fetch(`${proxy.url}/v1/models`)).text();
  await expect.poll(held, { timeout: 20_000 }).toContain(`"id":"${next}"`);
  await stack.disposeAsync();
  // A service that stops lets go of it.
  expect(await held()).not.toContain(next);
});

it('loses nothing to a server that is busy, breaks, cuts its answers or talks nonsense', async () => {
  const faults: ProxyBehaviour[] = ['busy', 'broken', 'cut', 'garbage', 'busy'];
  const completions = (): number => proxy.paths.filter((path) => path.endsWith('completions')).length;
  const before = completions();
  let n = 0;
  proxy.behave = () => faults[n++] ?? 'pass';
  expect(await ask(remote)).toEqual(await ask(direct));
  expect(completions() - before).toBe(12 + faults.length);
});

it.each<[string, ProxyBehaviour, object]>([
  [
    'is always busy',
    'busy',
    { kind: 'resource-exhausted', reason: 'BACKEND_UNAVAILABLE', retryAfterMs: 5000 },
  ],
  ['always breaks', 'broken', { kind: 'unavailable', reason: 'BACKEND_UNAVAILABLE' }],
  ['always talks nonsense', 'garbage', { kind: 'unavailable', reason: 'BACKEND_ANSWER_INVALID' }],
  ['refuses', { status: 403 }, { kind: 'failed-precondition', reason: 'BACKEND_REFUSED' }],
  ['has lost the model', { status: 404 }, { reason: 'BACKEND_REFUSED' }],
  [
    'answers as another model',
    { change: (body) => ({ ...body, model: 'other' }) },
    { kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' },
  ],
  [
    'answers with another model',
    { change: (body) => ({ ...body, system_fingerprint: `sha256:${'1'.repeat(64)}` }) },
    { kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' },
  ],
  [
    'counts other tokens than it returns',
    { change: (body) => ({ ...body, usage: { prompt_tokens: 1, completion_tokens: 999 } }) },
    { reason: 'BACKEND_ANSWER_INVALID' },
  ],
])(
  'reports a server that %s to its caller, also in the middle of a simulation',
  async (_what, fault, expected) => {
    const few = { sampling: { ...sampling, n: 2 } };
    proxy.behave = () => fault;
    expect(await refusalOf(ask(remote, few))).toMatchObject(expected);
    const labelling = label(simulators[1], {
      tau: 0,
      sampling: { n: 2, temperature: 1, maxNewTokens: 12, seed: 77n },
    });
    const refusal = await refusalOf(labelling);
    // A server that has lost another model than the default one does not find it under its digest either.
    if (!(typeof fault === 'object' && 'change' in fault)) expect(refusal).toMatchObject(expected);
    proxy.behave = () => 'pass';
    expect(await ask(remote, few)).toHaveLength(4);
  },
);

it('lets go of the server when its caller goes away or its time is over', async () => {
  proxy.behave = () => 'silent';
  const stop = new AbortController();
  const request = generation.GenerateRequest.fromPartial({ prompts, sampling });
  const call = collect((remote as Generator).generate(request, { signal: stop.signal }));
  await expect.poll(() => proxy.open()).toBe(4);
  stop.abort();
  await expect(call).rejects.toThrow();
  await expect.poll(() => proxy.open()).toBe(0);
  const late = collect((remote as Generator).generate(request, { deadlineMs: 500 }));
  await expect(late).rejects.toMatchObject({ kind: 'deadline-exceeded' });
  await expect.poll(() => proxy.open()).toBe(0);
  proxy.behave = () => 'pass';
  expect(await ask(remote)).toHaveLength(12);
});

it('has no model that the server has not', async () => {
  const other = await store.putFolder(await writeModel(folder.path, 'unknown', randomModel('unknown')));
  const plainServer = ask(remote, { model: { digest: `sha256:${'0'.repeat(64)}`, adapterDigest: '' } });
  expect(await refusalOf(plainServer)).toMatchObject({ reason: 'MODEL_NOT_FOUND' });
  const { target } = proxy;
  proxy.target = '127.0.0.1:1';
  const away = await refusalOf(ask(remote, { model: { digest: other.digest, adapterDigest: '' } }));
  expect(away).toMatchObject({ kind: 'unavailable', reason: 'BACKEND_UNAVAILABLE' });
  proxy.target = target;
});

it('describes itself, and what is wrong with its settings', async () => {
  const { info } = await (remote as Generator).info({});
  const { host } = new URL(proxy.url);
  expect(info?.devices).toEqual([`openai at ${host}`]);
  expect(info?.engine).toMatchObject({ kind: 'vllm', servers: [host] });
  const { status, log } = await runProgram('generation', ['--backend', 'openai']);
  expect([status, log.includes('SETTINGS_INVALID'), log.includes('--backend-url')]).toEqual([64, true, true]);
});
