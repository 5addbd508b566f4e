import { join } from 'node:path';
import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../support/calls.ts';
import { temporaryFolder, writeAdapter, writeModel } from '../support/models.ts';
import { startProgram, type RunningProgram } from '../support/start-program.ts';
import { tinyLlama } from './support/tiny-llama.ts';
import { startVllm, vllmIsAbsent, VLLM_START_MS, type VllmServer } from './support/vllm-server.ts';
import { digestFolder } from '@sipf/models';

type Generator = ServiceClient<generation.GenerationServiceDefinition>;

describe.skipIf(vllmIsAbsent('vLLM under generation'))('generation on a real vLLM', () => {
  const folder = temporaryFolder();
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  const prompts = [
    { id: 'one', text: '1 + 1 = ' },
    { id: 'two', text: 'How many pens are left?\n' },
  ];
  const greedy = common.SamplingSettings.fromPartial({ n: 1, greedy: true, maxNewTokens: 24 });
  let server: VllmServer;
  let programs: RunningProgram[] = [];
  let clients: Generator[] = [];
  let digest: string;
  let adapterDigest: string;

  beforeAll(async () => {
    const base = tinyLlama({ seed: 'base' });
    const model = await writeModel(folder.path, 'model', base);
    digest = await digestFolder(model);
    const adapter = await writeAdapter(join(folder.path, 'adapter'), base, digest);
    ({ digest: adapterDigest } = await store.putFolder(adapter));
    server = await startVllm({
      model,
      flags: ['--served-model-name', 'policy', '--enable-lora', '--max-lora-rank', '8'],
      environment: { VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' },
    });
    const serving = ['--model', model, '--artifacts', join(folder.path, 'store')];
    const backend = [
      '--backend',
      'openai',
      '--backend-url',
      `${server.origin}/v1`,
      '--backend-model',
      'policy',
    ];
    programs = [
      await startProgram('generation', serving),
      await startProgram('generation', [...serving, ...backend]),
    ];
    clients = programs.map(({ address }) =>
      createClient(generation.GenerationServiceDefinition, address, { retry: { attempts: 1 } }),
    );
  }, VLLM_START_MS);

  afterAll(async () => {
    for (const client of clients) client.close();
    for (const program of programs) await program[Symbol.asyncDispose]();
    await (server as VllmServer | undefined)?.[Symbol.asyncDispose]();
    folder.remove();
  });

  async function ask(client: Generator | undefined, request: object = {}) {
    const whole = generation.GenerateRequest.fromPartial({
      ...{ prompts, sampling: greedy, returnTokenIds: true, returnLogProbs: true },
      ...request,
    });
    const paths = await collect((client as Generator).generate(whole, { idempotent: false }));
    return paths.sort((a, b) => a.promptId.localeCompare(b.promptId) || a.sampleIndex - b.sampleIndex);
  }

  it('gives the greedy tokens of our engine, with its log-probabilities, of the base and of an adapter', async () => {
    const [direct, remote] = clients;
    for (const model of [undefined, { digest, adapterDigest }]) {
      const [own, theirs] = [await ask(direct, { model }), await ask(remote, { model })];
      expect(theirs.map(({ tokenIds, steps }) => [tokenIds, steps])).toEqual(
        own.map(({ tokenIds, steps }) => [tokenIds, steps]),
      );
      own.forEach((path, index) => {
        path.logProbs.forEach((value, at) => {
          expect(theirs[index]?.logProbs[at]).toBeCloseTo(value, 4);
        });
      });
    }
  });
});
