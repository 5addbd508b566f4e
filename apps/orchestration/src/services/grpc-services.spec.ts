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
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { createGrpcServices } from './grpc-services.ts';

const running: Service[] = [];

afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
});

type Generate = ServiceHandlers<generation.GenerationServiceDefinition>['generate'];

/** A generation service that answers so. */
async function startGeneration(generate: Generate): Promise<string> {
  const handlers: ServiceHandlers<generation.GenerationServiceDefinition> = {
    generate,
    info: () => Promise.resolve({}),
    prepare: () => Promise.resolve({}),
  };
  const service = createService({
    name: 'generation',
    implementations: [implement(generation.GenerationServiceDefinition, handlers)],
    settings: serviceSettings({ metricsAddress: 'off' }),
    logger: createLogger({ service: 'generation', level: 'silent' }),
  });
  running.push(service);
  return (await service.start()).address;
}

/** One that answers nothing and keeps what it is asked. */
async function startListening(asked: generation.GenerateRequest[]): Promise<string> {
  // eslint-disable-next-line require-yield -- an answer without a path
  return await startGeneration(async function* (request) {
    asked.push(request);
    await Promise.resolve();
  });
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

it('asks another replica where one answers nothing for much longer than its work takes, and lives', async () => {
  let isHung = false;
  let hung = 0;
  const answer: Generate = async function* (asked) {
    yield await Promise.resolve({ promptId: asked.prompts[0]?.id ?? '' });
  };
  const one = await startGeneration(async function* (asked, context) {
    if (isHung) {
      hung += 1;
      await once(context.signal, 'abort');
    }
    yield* answer(asked, context);
  });
  const other = await startGeneration(answer);
  const waits: string[] = [];
  const services = createGrpcServices(
    { generation: `ipv4:${one},${other}` },
    {},
    { leastAttemptMs: 2000, onWait: ({ reason }) => waits.push(reason) },
  );
  const bounds = { signal: new AbortController().signal, timeoutMs: 1_800_000 };
  await services.generate(request, bounds);
  isHung = true;
  for (let call = 0; call < 4; call++) expect(await services.generate(request, bounds)).toHaveLength(1);
  services.close();
  expect(hung).toBeGreaterThan(0);
  expect(waits).toContain('CONNECTION_LOST');
}, 60_000);
