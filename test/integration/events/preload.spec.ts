import { FolderArtifactStore } from '@sipf/artifacts';
import { type common, events, generation, verification } from '@sipf/contracts';
import { connectNatsBus, encodeIterationEvent, type EventBus, type NatsServer } from '@sipf/events';
import { createClient, createLogger } from '@sipf/service';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, expectNoPaths } from '../../support/calls.ts';
import {
  answering,
  randomModel,
  randomVerifier,
  temporaryFolder,
  writeAdapter,
  writeModel,
} from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

function nameOf(model: common.ModelRef | undefined): string {
  return [model?.digest, model?.adapterDigest].filter((part) => part).join('+');
}

/** A busy machine takes seconds to load even a tiny model. */
const PATIENCE = { timeout: 20_000, interval: 50 };

describe.skipIf(!hasNats)('services that hear of iterations', () => {
  const folder = temporaryFolder();
  const store = join(folder.path, 'store');
  const digests = { policy: '', next: '', verifier: '' };
  let nats: NatsServer;
  let bus: EventBus;
  let policies: RunningProgram;
  let verifiers: RunningProgram;

  beforeAll(async () => {
    nats = await startNats(join(folder.path, 'nats'));
    bus = await connectNatsBus({ url: nats.url, log: createLogger({ service: 'test', level: 'silent' }) });
    const artifacts = new FolderArtifactStore(store);
    const models = { policy: answering(), next: randomModel('next'), verifier: randomVerifier('verifier') };
    for (const name of ['policy', 'next', 'verifier'] as const) {
      const dir = await writeModel(folder.path, name, models[name]);
      digests[name] = (await artifacts.putFolder(dir)).digest;
    }
    const flags = ['--artifacts', store, '--nats-url', nats.url];
    [policies, verifiers] = await Promise.all([
      startProgram('generation', flags),
      startProgram('verification', flags),
    ]);
  });

  afterAll(async () => {
    for (const program of [policies, verifiers]) {
      await program[Symbol.asyncDispose]();
      expectNoPaths(program.log());
    }
    await bus.close();
    await nats.stop();
    folder.remove();
  });

  async function publish(id: number, needs: Readonly<Record<string, string>>): Promise<void> {
    const event = events.IterationEvent.fromPartial({
      eventId: `run/${id}`,
      runId: 'run',
      iteration: id,
      stage: { $case: 'started', value: {} },
      needs: Object.entries(needs).map(([service, name]) => {
        const [digest = '', adapterDigest = ''] = name.split('+');
        return { service, model: { digest, adapterDigest } };
      }),
    });
    await bus.publish(encodeIterationEvent(event));
  }

  async function loaded(): Promise<readonly (readonly (string | undefined)[])[]> {
    using generator = createClient(generation.GenerationServiceDefinition, policies.address);
    using verifier = createClient(verification.VerificationServiceDefinition, verifiers.address);
    const infos = await Promise.all([generator.info({}), verifier.info({})]);
    return infos.map(({ info }) => (info?.models ?? []).map(({ model }) => nameOf(model)));
  }

  it('load what a run needs next, and free what it does not', async () => {
    expect(await loaded()).toEqual([[], []]);
    await publish(1, { generation: digests.policy, verification: '' });
    await expect.poll(loaded, PATIENCE).toEqual([[digests.policy], []]);
    await publish(2, { generation: '', verification: digests.verifier });
    await expect.poll(loaded, PATIENCE).toEqual([[], [digests.verifier]]);
    await publish(3, { generation: digests.next });
    await expect.poll(loaded, PATIENCE).toEqual([[digests.next], [digests.verifier]]);
  });

  it('load the adapter that is needed next beside its base, and free the one before', async () => {
    const adapters: string[] = [];
    for (const seed of ['one', 'two']) {
      const dir = join(folder.path, seed);
      await writeAdapter(dir, randomModel('next'), digests.next, { seed });
      adapters.push((await new FolderArtifactStore(store).putFolder(dir)).digest);
    }
    for (const [at, adapter] of adapters.entries()) {
      const name = `${digests.next}+${adapter}`;
      await publish(10 + at, { generation: name });
      await expect.poll(loaded, PATIENCE).toEqual([[name], [digests.verifier]]);
    }
  });

  it('need no event to answer', async () => {
    using client = createClient(generation.GenerationServiceDefinition, policies.address);
    const sampling = { n: 1, temperature: 1, maxNewTokens: 4 };
    const model = { digest: digests.policy };
    const [path] = await collect(client.generate({ prompts: [{ id: 'q', text: '1+1\n' }], model, sampling }));
    expect(path?.model?.digest).toBe(digests.policy);
  });

  it('go on after an event about a model that nobody has', async () => {
    await publish(4, { generation: `sha256:${'0'.repeat(64)}` });
    await publish(5, { generation: digests.next });
    await expect.poll(loaded, PATIENCE).toEqual([[digests.next], [digests.verifier]]);
  });
});
