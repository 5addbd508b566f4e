import { createLogger } from '@sipf/service';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { TrainerEnvironment } from './progress.ts';
import type { TrainerSettings } from './trainer-command.ts';
import { TrlEngine } from './trl-engine.ts';

const logger = createLogger({ service: 'training', level: 'silent' });
const BY_COMMAND: TrainerSettings = {
  ...{ trainer: 'trl', trainerCommand: '/bin/false', trainerProcesses: 2, trainerSharding: 'fsdp2' },
  ...{ trainerOffload: 'none' },
} as never;
const SAID: TrainerEnvironment = {
  ...{ event: 'environment', versions: { trl: '1.16.0', torch: '2.15.0', deepspeed: '' }, knownVersions: {} },
  ...{ device: 'NVIDIA H100', precision: 'bfloat16', quantisation: 'none', sharding: 'fsdp2', processes: 2 },
};

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-trl-engine-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

it('has no version of trainings that a command starts before one of them has said it, and keeps it after that', async () => {
  const folder = ownFolder();
  const trl = await TrlEngine.open(BY_COMMAND, folder, logger);
  expect(trl.engine).toMatchObject({ kind: 'trl', version: '', device: 'trl x 2', facts: {} });
  await trl.learn(SAID);
  const said = { version: '1.16.0', device: 'trl x 2 on NVIDIA H100', facts: { torch: '2.15.0' } };
  expect(trl.engine).toMatchObject({ ...said, processes: 2, sharding: 'fsdp2' });
  const after = await TrlEngine.open(BY_COMMAND, folder, logger);
  expect(after.engine).toEqual(trl.engine);
});

it('knows nothing of a file that is damaged', async () => {
  const folder = ownFolder();
  writeFileSync(join(folder, 'environment.json'), '{"versions": 1}');
  expect((await TrlEngine.open(BY_COMMAND, folder, logger)).engine.version).toBe('');
});
