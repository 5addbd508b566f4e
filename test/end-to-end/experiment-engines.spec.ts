import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { root } from '../run/step.ts';
import { readLog, startSipf } from './run-processes.ts';

const runs = mkdtempSync(join(tmpdir(), 'sipf-engines-'));
afterAll(() => {
  rmSync(runs, { recursive: true, force: true });
});

it('starts the services of each run’s engines: one trainer’s end is no end of another’s run', async () => {
  const { code, output } = await startSipf([
    ...[
      'experiment',
      '--no-dashboard',
      '--config',
      join(root, 'test/fixtures/tiny-run.yaml'),
      '--runs',
      runs,
    ],
    ...['--methods', 'sft', '--id', 'e', '--json'],
    ...['--alternatives', 'engines.trainer={kind: trl, command: /bin/false}'],
  ]).ended;
  expect(code, output).not.toBe(0);
  const endOf = (run: string) => readLog(join(runs, run)).at(-1)?.kind;
  expect([endOf('e-sft-s7'), endOf('e-sft-s7-v2')], output).toEqual(['run-succeeded', 'run-failed']);
}, 300_000);
