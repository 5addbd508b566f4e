import { waitForReady } from '@sipf/service';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage } from '../../support/built-page.ts';
import { temporaryFolder } from '../../support/models.ts';
import type { ProgramName } from '../../support/program-main.ts';
import { startProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const under = (name: string) => join(folder.path, name);
/** Nobody listens there: what a service needs may be away when it starts. */
const nobody = '127.0.0.1:9';
const store = ['--artifacts', under('store')];
const workers = ['generation', 'simulation', 'verification', 'training'];

/** What each README says that the service needs, and nothing else. */
const alone: Readonly<Record<ProgramName, readonly string[]>> = {
  generation: store,
  simulation: store,
  verification: store,
  execution: ['--processes', '1', '--warm', 'javascript'],
  training: [...store, '--state', under('state')],
  orchestration: [...store, '--runs', under('runs'), ...workers.flatMap((name) => [`--${name}`, nobody])],
  gateway: ['--verification', nobody],
  dashboard: ['--orchestration', nobody],
};
const onHttp: readonly string[] = ['gateway', 'dashboard'];

beforeAll(() => {
  buildPage();
  for (const name of ['empty', 'store', 'state', 'runs']) mkdirSync(under(name));
});
afterAll(() => {
  folder.remove();
});

describe('with no other service, no variable of the environment and an empty folder to stand in', () => {
  it.each(Object.entries(alone))('%s starts, answers, and stops on request', async (name, flags) => {
    const bare = ['env', '-i', '-C', under('empty')];
    const program = await startProgram(name as ProgramName, flags, bare);
    const metrics = await fetch(`${program.metricsUrl}/metrics`);
    expect(metrics.status).toBe(200);
    expect(await metrics.text()).toContain('process_cpu_seconds_total');
    if (onHttp.includes(name)) expect((await fetch(`http://${program.address}/nowhere`)).status).toBe(404);
    else await waitForReady(program.address);
    program.child.kill('SIGTERM');
    expect((await program.ended).status).toBe(0);
  });
});
