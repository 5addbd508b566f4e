import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLOCK_VARIABLE } from '../preload/clock-variable.ts';
import { SERVICES, type ServiceName } from '../system/chaos-system.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

const PRELOAD = fileURLToPath(new URL('../preload/clock.ts', import.meta.url));
const DAY_MS = 86_400_000;

/** By how much the time of day is off from a stage on. */
const JUMPS = [
  { stage: 'sft-0', days: 1 },
  { stage: 'sample-1', days: -2 },
  { stage: 'label-1', days: 400 },
  { stage: 'align-1', days: 0 },
];

/** Sets the clocks of all services forward and back while the run is under way. */
export async function clockJumps({ reference, report }: ScenarioOptions): Promise<void> {
  const met = new Set<string>();
  const all = Object.fromEntries(SERVICES.map((name) => [name, [PRELOAD]])) as Record<ServiceName, string[]>;
  let clock = '';
  const faults = await disturbedRun(reference, {
    options: (folder) => {
      clock = join(folder, 'clock');
      return { preload: all, env: { [CLOCK_VARIABLE]: clock } };
    },
    during: async (system, signal) => {
      for (const { stage, days } of JUMPS) {
        if (!(await untilAtWork(system, stage, signal))) continue;
        writeFileSync(`${clock}.new`, String(days * DAY_MS));
        renameSync(`${clock}.new`, clock);
        met.add(stage);
      }
    },
    after: (system) => {
      const times =
        readFileSync(join(system.runs, 'disturbed/log.jsonl'), 'utf8').match(/"at":"[^"]+"/g) ?? [];
      const days = times.map((at) => Date.parse(at.slice('"at":"'.length, -1)) / DAY_MS);
      return Math.max(...days) - Math.min(...days) > 300 ? [] : ['no clock of the orchestrator jumped'];
    },
  });
  const disturbances = JUMPS.map(({ stage, days }) => ({
    ...{ what: 'the clocks of all services', when: `${days} days off from ${stage} on` },
    ...(met.has(stage) || faults.length > 0 ? {} : { fault: 'the stage was over before' }),
  }));
  report(outcomesOf('clock', disturbances, faults));
}
