import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation, simulation } from '@sipf/contracts';
import { digestFolder } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, refusalOf } from '../support/calls.ts';
import { temporaryFolder, writeAdapter, writeModel } from '../support/models.ts';
import type { ProgramName } from '../support/program-main.ts';
import { startProgram, type RunningProgram } from '../support/start-program.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { installPlugin } from './support/vllm-plugin.ts';
import { startVllm, vllmIsAbsent, VLLM_START_MS, type VllmServer } from './support/vllm-server.ts';

type Generator = ServiceClient<generation.GenerationServiceDefinition>;

/** Shorter than the model's longest sequence of 256. */
const SERVED_LENGTH = 96;

describe.skipIf(vllmIsAbsent('vLLM under generation'))('generation on a real vLLM', () => {
  const folder = temporaryFolder();
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  const open = new AsyncDisposableStack();
  const prompts = [
    { id: 'one', text: '1 + 1 = ' },
    { id: 'two', text: 'How many pens are left?\n' },
  ];
  const greedy = common.SamplingSettings.fromPartial({ n: 1, greedy: true, maxNewTokens: 24 });
  let server: VllmServer;
  let model: string;
  let [digest, other]: string[] = [];
  let adapters: Readonly<Record<'fitting' | 'high' | 'foreign', string>> & {
    readonly several: readonly string[];
  };
  let own: Generator;
  /** By `--backend-adapter`. */
  let remote: { readonly folder: Generator; readonly resolver: Generator };

  async function put(path: string): Promise<string> {
    const ref = await store.putFolder(path);
    await store.folder(ref);
    return ref.digest;
  }

  async function start<T extends Generator>(name: ProgramName, flags: readonly string[]): Promise<T> {
    const serving = ['--model', model, '--artifacts', join(folder.path, 'store'), '--max-models', '3'];
    const program: RunningProgram = open.use(await startProgram(name, [...serving, ...flags]));
    const client = createClient(generation.GenerationServiceDefinition, program.address, {
      retry: { attempts: 1 },
    });
    open.defer(() => {
      client.close();
    });
    return client as T;
  }

  const backend = (): string[] => [
    ...['--backend', 'openai', '--backend-url', `${server.origin}/v1`, '--backend-model', 'policy'],
    ...['--backend-attempts', '2'],
  ];

  beforeAll(async () => {
    const base = tinyLlama({ seed: 'base' });
    model = await writeModel(folder.path, 'model', base);
    digest = await digestFolder(model);
    await put(model);
    other = await put(await writeModel(folder.path, 'other', tinyLlama({ seed: 'other' })));
    const adapterOf = async (name: string, of: string, rank: number, deviation = 1): Promise<string> =>
      put(await writeAdapter(join(folder.path, name), base, of, { rank, seed: name, deviation }));
    const of = digest;
    adapters = {
      fitting: await adapterOf('fitting', digest, 3),
      high: await adapterOf('high', digest, 32),
      foreign: await adapterOf('foreign', other, 3),
      several: await Promise.all(['second', 'third', 'fourth'].map((name) => adapterOf(name, of, 4, 0.5))),
    };
    server = open.use(
      await startVllm(
        {
          ...{ model: { folder: model, digest, name: 'policy' }, maxModelLen: SERVED_LENGTH },
          ...{ rank: 5, resolves: true, reloads: true, store: join(folder.path, 'store') },
        },
        {
          // A prefix is found again by whole blocks, which are 128 tokens on a CPU otherwise.
          flags: ['--block-size', '32'],
          environment: { PYTHONPATH: installPlugin(folder.path) },
        },
      ),
    );
    own = await start('generation', []);
    remote = {
      folder: await start('generation', backend()),
      resolver: await start('generation', [...backend(), '--backend-adapter', 'resolver']),
    };
  }, VLLM_START_MS);

  afterAll(async () => {
    await open.disposeAsync();
    folder.remove();
  });

  async function ask(client: Generator, request: object = {}) {
    const whole = generation.GenerateRequest.fromPartial({
      ...{ prompts, sampling: greedy, returnTokenIds: true, returnLogProbs: true },
      ...request,
    });
    const paths = await collect(client.generate(whole, { idempotent: false }));
    return paths.sort((a, b) => a.promptId.localeCompare(b.promptId) || a.sampleIndex - b.sampleIndex);
  }

  /** Tokens, texts and ends are equal, log-probabilities to 1e-4. */
  async function expectEqual(client: Generator, request: object = {}): Promise<void> {
    const [ours, theirs] = [await ask(own, request), await ask(client, request)];
    const said = ({ tokenIds, steps, finishReason, model: ref }: (typeof ours)[number]) => ({
      ...{ tokenIds, steps, finishReason, ref },
    });
    expect(theirs.map(said)).toEqual(ours.map(said));
    ours.forEach(({ logProbs }, index) => {
      logProbs.forEach((value, at) => {
        expect(theirs[index]?.logProbs[at]).toBeCloseTo(value, 4);
      });
    });
  }

  it('gives the greedy tokens of our engine, with its log-probabilities', async () => {
    await expectEqual(remote.folder);
    // The tokens are single bytes of a random model.
    expect((await ask(own)).some(({ steps }) => steps.join('').includes('\uFFFD'))).toBe(true);
  });

  it('does so of an adapter, which the server is told to load or finds by its digest', async () => {
    const ref = { digest, adapterDigest: adapters.fitting };
    expect(server.log()).not.toContain('Resolved and loaded LoRA adapter');
    await expectEqual(remote.resolver, { model: ref });
    expect(server.log()).toContain('Resolved and loaded LoRA adapter');
    await expectEqual(remote.folder, { model: ref });
    expect((await ask(own, { model: ref }))[0]?.tokenIds).not.toEqual((await ask(own))[0]?.tokenIds);
  });

  it('does so of more adapters than the server holds at a time, side by side and again', async () => {
    const refs = adapters.several.map((adapterDigest) => ({ digest, adapterDigest }));
    await Promise.all(refs.map((model) => expectEqual(remote.resolver, { model })));
    for (const model of refs) await expectEqual(remote.folder, { model });
    const texts = await Promise.all(
      refs.map(async (model) => (await ask(own, { model }))[0]?.tokenIds.join()),
    );
    expect(new Set(texts).size).toBe(refs.length);
  });

  it('reports the model’s own log-probabilities at any temperature', async () => {
    const sampling = { n: 2, temperature: 0.5, topP: 0.9, maxNewTokens: 12, seed: 3n };
    for (const { tokenIds, logProbs, promptTokenCount, promptId } of await ask(remote.folder, { sampling })) {
      const read = { prompts, sampling: { n: 1, greedy: true, maxNewTokens: 0 }, returnPromptDetails: true };
      const text = prompts.find(({ id }) => id === promptId)?.text ?? '';
      const ids = [1, ...[...Buffer.from(text)].map((byte) => byte + 4)];
      expect(promptTokenCount).toBe(ids.length);
      const [path] = await ask(own, { ...read, prompts: [{ id: 'x', tokenIds: [...ids, ...tokenIds] }] });
      const expected = path?.promptDetails.slice(ids.length).map(({ logProb }) => logProb ?? NaN) ?? [];
      logProbs.forEach((value, at) => {
        expect(value).toBeCloseTo(expected[at] ?? NaN, 4);
      });
    }
  });

  it('cuts at any of many stop strings where our engine does', async () => {
    const [path] = await ask(own);
    const letters = (path?.steps.join('\n') ?? '').split('').filter((letter) => /[\x21-\x7E]/.test(letter));
    const stopStrings = ['<none>', '<no>', '<not>', '<nor>', ...letters.slice(2, 4)];
    const sampling = { ...greedy, stopStrings };
    await expectEqual(remote.folder, { sampling });
    const [cut] = await ask(own, { sampling });
    expect(cut?.finishReason).toBe(generation.FinishReason.STOP_STRING);
  });

  it('gives an empty path to the one prompt that the server has no room for', async () => {
    const long = { id: 'long', text: 'x'.repeat(SERVED_LENGTH) };
    const near = { id: 'near', text: 'x'.repeat(SERVED_LENGTH - 6) };
    const paths = await ask(remote.folder, { prompts: [long, near, ...prompts] });
    expect(paths.map(({ promptId, tokenCount }) => [promptId, tokenCount])).toEqual([
      ...[
        ['long', 0],
        ['near', 5],
        ['one', 24],
        ['two', 24],
      ],
    ]);
    expect(paths[0]?.finishReason).toBe(generation.FinishReason.LENGTH);
  });

  it('refuses an adapter of too high a rank early, and in the server’s words what it does not load', async () => {
    const refusal = await refusalOf(ask(remote.folder, { model: { digest, adapterDigest: adapters.high } }));
    expect(refusal).toMatchObject({ reason: 'ADAPTER_CONFIG_INVALID' });
    expect(refusal.message).toContain('is 32, the server takes 8 at most: start it with --max-lora-rank 32');
    // What scripted servers answer in our place is what the real one does.
    const load = await fetch(`${server.origin}/v1/load_lora_adapter`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ lora_name: 'high', lora_path: join(folder.path, 'high') }),
    });
    expect([load.status, await load.text()]).toEqual([
      500,
      expect.stringContaining('LoRA rank 32 is greater than max_lora_rank 8'),
    ]);
  });

  it('finds by digest neither an adapter of another base nor anything by another name', async () => {
    const missing = { digest, adapterDigest: `sha256:${'0'.repeat(64)}` };
    expect(await refusalOf(ask(remote.resolver, { model: missing }))).toMatchObject({ kind: 'not-found' });
    for (const name of [adapters.foreign, `../folders/${adapters.fitting.slice(7)}`, 'high']) {
      const answer = await fetch(`${server.origin}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: name, prompt: [1, 5], max_tokens: 1 }),
      });
      expect(answer.status, name).toBe(404);
    }
  });

  it('says what it is', async () => {
    const { info } = await remote.folder.info({});
    expect(info?.engine).toMatchObject({ kind: 'vllm', version: '0.32.0', precision: 'float32' });
    expect(info?.engine?.device).toContain('cpu');
    expect(info?.limits['max_lora_rank']).toBe(8);
    expect(info?.models[0]?.maxSequenceTokens).toBe(SERVED_LENGTH);
  });

  it('simulates with the same answers on every call, one request a roll-out, their prefix read once', async () => {
    const program = open.use(await startProgram('simulation', ['--model', model, ...backend()]));
    const client = createClient(simulation.SimulationServiceDefinition, program.address);
    open.defer(() => {
      client.close();
    });
    // Two blocks of the server's cache and more, and not too long for it with what is written.
    const prompt = 'How many pens are left? '.repeat(3);
    const paths = [{ id: 'p', prompt, steps: ['a', 'b'], goldAnswer: '1', preamble: '' }];
    const request = simulation.LabelStepsRequest.fromPartial({
      ...{ task: 'arithmetic', paths, tau: 0 },
      sampling: { n: 4, temperature: 1, maxNewTokens: 8, seed: 3n },
    });
    const hits = async (): Promise<number> => {
      const metrics = await (await fetch(`${server.origin}/metrics`)).text();
      return Number(/^vllm:prefix_cache_hits_total\{[^}]*\} ([\d.e+]+)$/m.exec(metrics)?.[1]);
    };
    const before = await hits();
    // Roll-outs that are known are not made again: what they say is the same, not what they cost.
    const label = async () =>
      (await collect(client.labelSteps(request))).map(({ pathId, labels }) => ({ pathId, labels }));
    const first = await label();
    expect(first).toHaveLength(1);
    expect(await hits()).toBeGreaterThan(before);
    expect(await label()).toEqual(first);
  });

  it('loads whole weights where they are asked for, and gives no token of others', async () => {
    const client = await start('generation', [...backend(), '--backend-weights', 'reload']);
    for (const ref of [other, digest, other]) {
      await expectEqual(client, { model: { digest: ref, adapterDigest: '' } });
      // A client of fixed weights takes the server's where they are its own.
      if (ref === digest) await expectEqual(remote.folder);
      else expect(await refusalOf(ask(remote.folder))).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
    }
    // Two that want different weights take turns.
    const both = [digest, other].map((ref) =>
      expectEqual(client, { model: { digest: ref, adapterDigest: '' } }),
    );
    await Promise.all(both);
    const shape = tinyLlama({ seed: 'wide', maxLength: 128 });
    const wide = await put(await writeModel(folder.path, 'wide', shape));
    const refusal = await refusalOf(ask(client, { model: { digest: wide, adapterDigest: '' } }));
    expect(refusal).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
    expect(refusal.message).toContain('config.json/max_position_embeddings');
    await expectEqual(client, { model: { digest: other, adapterDigest: '' } });
  });
});
