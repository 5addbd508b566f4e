import { orchestration } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosSystem } from '../system/chaos-system.ts';
import { configJson, lookAtRun } from '../system/drive-run.ts';
import { mountSmallDisk, type SmallDisk } from '../system/small-disk.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf, skipped } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** JetStream wants twice what it may keep. */
const SIZE_MIB = 640;
/** Long enough for every part of the run to find no room, in milliseconds. */
const FULL_MS = 12_000;
/** Stages in which the disk fills: a job's checkpoints, journals of samples, journals of labels, a second job. */
const STAGES = ['sft-0', 'sample-1', 'label-1', 'align-1'];
const WORDS = /no room is left on a disk/;

/** One disk for everything, logs of the services included, that is full for a while. */
export async function fullDisk({ reference, report }: ScenarioOptions): Promise<void> {
  for (const stage of STAGES) {
    const folder = mkdtempSync(join(tmpdir(), 'sipf-chaos-disk-'));
    using disk = mountSmallDisk(folder, SIZE_MIB);
    const what = 'the disk is full';
    if (disk === undefined) {
      rmSync(folder, { recursive: true });
      report([skipped('disk', what, 'this user may not mount a tmpfs')]);
      return;
    }
    const faults = await disturbedRun(
      reference,
      {
        before: async (system) => {
          if (stage === STAGES[0]) await refusesToStart(system, disk);
        },
        during: async (system, signal) => {
          await untilAtWork(system, stage, signal);
          disk.fill();
          await sleep(FULL_MS, undefined, { signal });
          await checkPause(system, signal);
          disk.makeRoom();
        },
        after: (system) => {
          const died = [...system.services].filter(([, { restarts: count }]) => count > 0);
          return died.map(([name, { restarts: count }]) => `${name} died ${count} times of a full disk`);
        },
      },
      folder,
    );
    disk.makeRoom();
    report(outcomesOf('disk', [{ what, when: `for ${FULL_MS / 1000} s in ${stage}` }], faults));
  }
}

/** The run waits and says for what, or has failed for that reason. */
async function checkPause(system: ChaosSystem, signal: AbortSignal): Promise<void> {
  const run = await lookAtRun(system, 'disturbed', signal);
  if (run.state === orchestration.RunState.SUCCEEDED)
    throw new Error('the run did not notice that the disk was full');
  if (!WORDS.test(run.failure))
    throw new Error(`the run does not say that the disk is full: "${run.failure}"`);
}

/** A run that is started on a full disk is refused in words. */
async function refusesToStart({ client }: ChaosSystem, disk: SmallDisk): Promise<void> {
  disk.fill();
  const refusal: unknown = await client
    .startRun({ runId: 'early', configJson })
    .catch((error: unknown) => error);
  disk.makeRoom();
  if (refusal instanceof SipfError && refusal.reason === 'STORAGE_FULL') return;
  throw new Error(`a run on a full disk is not refused as STORAGE_FULL: ${String(refusal)}`);
}
