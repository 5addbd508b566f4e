import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPage } from '../support/built-page.ts';
import { writeFinishedRun } from '../support/finished-run.ts';
import { temporaryFolder } from '../support/models.ts';
import { startSipf } from './run-processes.ts';

const folder = temporaryFolder();
const runs = join(folder.path, 'runs');

beforeAll(async () => {
  buildPage();
  await writeFinishedRun(runs, 'done', { questions: 2, pathsPerQuestion: 2, trainingSteps: 3 });
});

afterAll(() => {
  folder.remove();
});

it('shows the runs of a folder until it is interrupted', async () => {
  const { child, ended } = startSipf(['dashboard', '--runs', runs]);
  const url = await new Promise<string>((resolve, reject) => {
    if (child.stderr !== null) {
      createInterface(child.stderr).on('line', (line) => {
        if (line.startsWith('dashboard: ')) resolve(line.slice('dashboard: '.length));
      });
    }
    void ended.then(({ output }) => {
      reject(new Error(output));
    });
  });
  const session = await fetch(`${url}api/session`);
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
  const answer = await fetch(`${url}api/runs`, { headers: { cookie } });
  expect(await answer.json()).toMatchObject({
    drivesRuns: false,
    runs: [{ id: 'done', state: 'cancelled' }],
  });
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 0 });
});
