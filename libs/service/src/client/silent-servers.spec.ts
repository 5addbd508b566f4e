import { afterEach, expect, it } from 'vitest';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startProcess, type EchoProcess } from '../testing/start-process.ts';
import { createClient } from './create-client.ts';

const processes: EchoProcess[] = [];
afterEach(() => {
  for (const { child } of processes.splice(0)) child.kill('SIGKILL');
});

interface StartedServer {
  readonly address: string;
  readonly stop: () => void;
  readonly goOn: () => void;
}

async function start(greeting: string): Promise<StartedServer> {
  const started = startProcess([
    '--address',
    '127.0.0.1:0',
    '--metrics-address',
    'off',
    '--greeting',
    greeting,
  ]);
  processes.push(started);
  const address = String((await started.listening)?.['address']);
  const send = (signal: NodeJS.Signals) => () => void started.child.kill(signal);
  return { address, stop: send('SIGSTOP'), goOn: send('SIGCONT') };
}

/** Time to find out that a server is silent, and to ask another. */
const FOUND_MS = 25_000;

it('ends the calls of a server that has stopped for ever, which was answering before', async () => {
  const hanging = await start('hanging');
  using client = createClient(EchoServiceDefinition, hanging.address);
  await client.unary({ mediaType: 'a' });
  const call = client.unary({ mediaType: 'wait' });
  hanging.stop();
  const began = performance.now();
  await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
  expect(performance.now() - began).toBeLessThan(FOUND_MS);
});

it('repeats what a stopped server does not answer at another one', async () => {
  const [hanging, healthy] = [await start('hanging'), await start('healthy')];
  using client = createClient(EchoServiceDefinition, `ipv4:${hanging.address},${healthy.address}`);
  const ask = () => client.unary({ mediaType: 'a' }, { idempotent: true });
  await expect.poll(async () => (await ask()).mediaType, { timeout: 30_000 }).toBe('hanging a');
  hanging.stop();
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: 8 }, ask));
  expect(new Set(answers.map(({ mediaType }) => mediaType))).toEqual(new Set(['healthy a']));
  expect(performance.now() - began).toBeLessThan(FOUND_MS);
  // And is not asked again while it is silent.
  const later = performance.now();
  expect((await Promise.all(Array.from({ length: 8 }, ask))).map(({ mediaType }) => mediaType)).toContain(
    'healthy a',
  );
  expect(performance.now() - later).toBeLessThan(FOUND_MS / 5);
});

it('ends calls to a server that takes connections and says nothing, and finds it when it goes on', async () => {
  const hanging = await start('hanging');
  hanging.stop();
  using client = createClient(EchoServiceDefinition, hanging.address);
  const ask = () => client.unary({ mediaType: 'a' }, { idempotent: true, deadlineMs: 300_000 });
  const began = performance.now();
  await expect(ask()).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining(`${hanging.address} does not answer`) as string,
  });
  // Repeated once, and told within a minute.
  expect(performance.now() - began).toBeLessThan(55_000);
  hanging.goOn();
  expect((await ask()).mediaType).toBe('hanging a');
}, 120_000);
