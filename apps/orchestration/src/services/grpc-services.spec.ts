import { common, generation } from '@sipf/contracts';
import {
  createLogger,
  createService,
  implement,
  serviceSettings,
  withRequestContext,
  type Service,
  type ServiceHandlers,
} from '@sipf/service';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { createGrpcServices } from './grpc-services.ts';

let service: Service | undefined;

afterEach(async () => {
  await service?.stop();
});

/** A generation service that answers nothing and keeps what it is asked. */
async function startListening(asked: generation.GenerateRequest[]): Promise<string> {
  const handlers: ServiceHandlers<generation.GenerationServiceDefinition> = {
    // eslint-disable-next-line require-yield -- an answer without a path
    generate: async function* (request) {
      asked.push(request);
      await Promise.resolve();
    },
    info: () => Promise.resolve({}),
    prepare: () => Promise.resolve({}),
  };
  service = createService({
    name: 'generation',
    implementations: [implement(generation.GenerationServiceDefinition, handlers)],
    settings: serviceSettings({ metricsAddress: 'off' }),
    logger: createLogger({ service: 'generation', level: 'silent' }),
  });
  return (await service.start()).address;
}

const request = generation.GenerateRequest.fromPartial({
  model: { digest: `sha256:${'0'.repeat(64)}` },
  prompts: [{ id: 'q', text: '1 + 1' }],
  sampling: { n: 1, maxNewTokens: 4, temperature: 1, topP: 1 },
});

it('asks for every run as a client of its own, behind people who wait', async () => {
  const asked: generation.GenerateRequest[] = [];
  const address = await startListening(asked);
  const services = createGrpcServices({
    ...{ generation: address, simulation: address, verification: address, training: address },
  });
  const bounds = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const runId of ['one', 'other'])
    await withRequestContext({ runId }, () => services.generate(request, bounds));
  services.close();
  expect(asked.map(({ clientId, priority }) => [clientId, priority])).toEqual([
    ['one', common.Priority.BULK],
    ['other', common.Priority.BULK],
  ]);
});

/** Takes connections and says nothing, as the kernel does for a process that is stopped. */
async function startSilent(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('says within a minute which service does not answer, once for all calls, and when nobody waits any more', async () => {
  const address = await startSilent();
  const said: string[] = [];
  const onSilence = (why: string) => {
    said.push(why);
    return () => {
      said.push('over');
    };
  };
  const services = createGrpcServices({ generation: address }, {}, { onSilence });
  const stop = new AbortController();
  const call = services.generate(request, { signal: stop.signal, timeoutMs: 1_800_000 });
  const why = `the generation service at ${address} does not answer`;
  await expect.poll(() => said, { timeout: 60_000 }).toEqual([why]);
  stop.abort();
  await expect(call).rejects.toThrow();
  expect(said).toEqual([why, 'over']);
  services.close();
}, 90_000);
