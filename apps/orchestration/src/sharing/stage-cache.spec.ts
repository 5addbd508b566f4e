import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import type { StageIdentity } from '@sipf/runs';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStageCache, stageKey, type SharedStage } from './stage-cache.ts';

let folder: string;
let artifacts: FolderArtifactStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-stages-'));
  artifacts = new FolderArtifactStore(join(folder, 'artifacts'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const identity: StageIdentity = {
  kind: 'sft',
  version: 1,
  id: 'sft-0',
  seed: 1,
  task: 'arithmetic',
  method: { kind: 'sft', initialise: 'base', data: ['solutions'] },
  dataset: undefined,
  settings: { sft: { learningRate: 1 } },
  inputs: { data: { train: 'sha256:1' } },
};

async function stageThatLeft(text: string): Promise<SharedStage> {
  const { digest } = await artifacts.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.bytes);
  return {
    result: {
      outputs: { dataset: digest, model: digest },
      counts: { examples: 3, droppedRows: 0 },
      figures: {},
    },
    metrics: [{ step: 1, values: { loss: 0.5 } }],
  };
}

it('gives back what was put under an identity, however its parts are ordered, and nothing else', async () => {
  const cache = openStageCache(join(folder, 'stages'), artifacts);
  expect(await cache.find(identity)).toBeUndefined();
  const stage = await stageThatLeft('model');
  await cache.put(identity, stage);
  const { settings, ...others } = identity;
  expect(await openStageCache(join(folder, 'stages'), artifacts).find({ settings, ...others })).toEqual(
    stage,
  );
  expect(await cache.find({ ...identity, seed: 2 })).toBeUndefined();
  expect(stageKey({ ...identity, version: 2 })).not.toBe(stageKey(identity));
});

it('forgets a stage whose artifacts are gone', async () => {
  const cache = openStageCache(join(folder, 'stages'), artifacts);
  await cache.put(identity, await stageThatLeft('model'));
  rmSync(join(folder, 'artifacts'), { recursive: true });
  expect(await cache.find(identity)).toBeUndefined();
});

it('computes a stage again whose file is damaged', async () => {
  const cache = openStageCache(join(folder, 'stages'), artifacts);
  await cache.put(identity, await stageThatLeft('model'));
  const [file = ''] = readdirSync(join(folder, 'stages'));
  const whole = readFileSync(join(folder, 'stages', file), 'utf8');
  const damages = ['{"result"', '{}', whole.replace('"examples"', '"exampels"'), whole.replace('0.5', '0.7')];
  for (const damage of damages) {
    expect(damage).not.toBe(whole);
    writeFileSync(join(folder, 'stages', file), damage);
    expect(await cache.find(identity)).toBeUndefined();
  }
  writeFileSync(join(folder, 'stages', file), whole);
  expect(await cache.find(identity)).toBeDefined();
});
