import { findNatsServer, connectNatsBus } from '@sipf/events';
import { runLayout } from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { TOOLS } from '../repository.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { startNats } from './start-nats.ts';

const found = await findNatsServer({
  toolsFolder: TOOLS,
  env: { PATH: process.env['PATH'] },
  download: false,
});
const { signal } = new AbortController();

function options(folder: string, env: Record<string, string | undefined>) {
  const [notes, pids]: [string[], number[]] = [[], []];
  const note = (text: string): void => void notes.push(text);
  const supervisor = new Supervisor({
    ...{ env: process.env, note, restartDelayMs: 10, stopMs: 5000 },
    onProcesses: (all) => void pids.push(...all.map(({ pid }) => pid)),
  });
  return { notes, pids, supervisor, layout: runLayout(folder, 'x'), env, signal, note, download: false };
}

it('takes the server that NATS_URL names', async () => {
  using folder = temporaryFolder();
  const setup = options(folder.path, { NATS_URL: 'nats://broker:4222' });
  expect(await startNats(setup)).toBe('nats://broker:4222');
});

it('says so where there is no server', async () => {
  using folder = temporaryFolder();
  const setup = options(folder.path, { PATH: folder.path });
  expect(await startNats({ ...setup, toolsFolder: folder.path })).toBeUndefined();
  expect(setup.notes.at(-1)).toContain('no NATS server: events stay inside the orchestrator');
});

it.skipIf(found?.kind !== 'binary')('starts one of its own and keeps it alive on its port', async () => {
  using folder = temporaryFolder();
  const setup = options(folder.path, { PATH: process.env['PATH'] });
  onTestFinished(() => setup.supervisor.stop());
  const url = await startNats(setup);
  expect(url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
  process.kill(setup.pids[0] ?? 0, 'SIGKILL');
  while (!setup.notes.some((text) => text.startsWith('nats is ready again'))) await sleep(20);
  const bus = await connectNatsBus({ url: url ?? '', log: silent });
  await bus.close();
});

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
