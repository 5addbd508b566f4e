import { orchestration } from '@sipf/contracts';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputsOf, startSipf } from '../end-to-end/run-processes.ts';
import { temporaryFolder } from '../support/models.ts';
import { hasNats } from '../support/nats.ts';
import { isMet, pinOptions } from './scenarios/pinned.ts';
import { revealing } from './scenarios/pins.ts';
import { startChaosSystem, type ChaosSystem } from './system/chaos-system.ts';
import { beginRun, differencesOf, runToEnd } from './system/drive-run.ts';

const RUN_MS = 180_000;

describe.skipIf(!hasNats)('a run whose processes die at the most revealing states', () => {
  const folder = temporaryFolder();
  let system: ChaosSystem;

  beforeAll(async () => {
    system = await startChaosSystem({ folder: folder.path, ...pinOptions(revealing, folder.path) });
  });

  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    folder.remove();
  });

  async function run(id: string): Promise<void> {
    const signal = AbortSignal.timeout(RUN_MS);
    await beginRun(system, id, signal);
    const { state, failure } = await runToEnd(system, id, signal);
    expect([state, failure]).toEqual([orchestration.RunState.SUCCEEDED, '']);
  }

  it('comes to its end by itself', async () => {
    await run('disturbed');
    const unmet = revealing.filter((pin) => !isMet(system, revealing, pin)).map(({ state }) => state);
    expect(unmet).toEqual([]);
    // A checkpoint is as large as a model and its moments: half of one must not be left for good.
    const drafts = readdirSync(join(folder.path, 'training'), { recursive: true, encoding: 'utf8' });
    expect(drafts.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('has made what a run makes that nothing disturbs, and is whole', async () => {
    await run('calm');
    expect(await differencesOf(system, 'disturbed', outputsOf(join(system.runs, 'calm')))).toEqual([]);
    const server = system.services.get('orchestration')?.address ?? '';
    const { code, output } = await startSipf(['verify', 'disturbed', '--server', server]).ended;
    expect(code, output).toBe(0);
    expect(output).toContain(', 0 faults');
  });
});
