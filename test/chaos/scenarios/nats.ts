import { ITERATION_STAGES, iterationSubject } from '@sipf/contracts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsCluster } from '../../support/nats-cluster.ts';
import { listenToRun } from '../system/listener.ts';
import { killVictim, untilHolds } from '../system/signals.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** A cluster with replicas on all three, small enough for any disk. */
const STREAM = { replicas: 3, mib: 64 };
/** The stream behind the bucket of `--leases nats`. */
const LEASES = 'KV_sipf-leases';
const OF_NATS = ['generation', 'simulation', 'verification', 'orchestration'] as const;

/** For events that wait in the log while the server is away, in milliseconds. */
const ARRIVAL_MS = 15_000;
const SUBJECTS = ITERATION_STAGES.map((stage) =>
  iterationSubject({ runId: 'disturbed', iteration: 1, stage }),
);

/** Kills nats-server and takes its volume; the events of all boundaries still reach who listens. */
export async function lostVolume({ reference, report }: ScenarioOptions): Promise<void> {
  const heard = new Set<string>();
  await using listening = new AsyncDisposableStack();
  const faults = await disturbedRun(reference, {
    before: async (system) => {
      const bus = await listenToRun(system, ({ subject }) => heard.add(subject));
      listening.defer(() => bus.close());
    },
    during: async (system, signal) => {
      await untilAtWork(system, 'sample-1', signal);
      system.nats.loseStore();
      await killVictim(system, 'nats', signal);
    },
    after: async (system) => {
      const lost = await unheard(heard);
      return system.restartsOf('nats') > 0 ? lost : ['nats-server was not killed', ...lost];
    },
  });
  report(outcomesOf('nats', [{ what: 'nats and its volume', when: 'in sample-1' }], faults));
}

/** Ends the leader of three servers for ever, which carry the events and keep the run's lease. */
export async function lostLeader({ reference, report }: ScenarioOptions): Promise<void> {
  const kept = ['--nats-replicas', String(STREAM.replicas), '--nats-stream-mib', String(STREAM.mib)];
  const flags = Object.fromEntries(OF_NATS.map((name) => [name, kept]));
  for (const [stage, stream] of [
    ['sample-1', 'SIPF'],
    ['label-1', LEASES],
  ] as const) {
    const heard = new Set<string>();
    const folder = mkdtempSync(join(tmpdir(), 'sipf-nats-'));
    await using around = new AsyncDisposableStack();
    around.defer(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const cluster = around.use(await startNatsCluster(folder));
    let isMet = false;
    const faults = await disturbedRun(reference, {
      options: {
        natsUrl: cluster.url,
        flags: { ...flags, orchestration: [...kept, '--leases', 'nats'] },
      },
      before: async () => {
        const bus = await listenToRun({ nats: cluster }, ({ subject }) => heard.add(subject), STREAM);
        around.defer(() => bus.close());
      },
      during: async (system, signal) => {
        isMet = await untilAtWork(system, stage, signal);
        await cluster.stopLeader(stream);
      },
      after: async () => [...(isMet ? [] : ['the stage was over before']), ...(await unheard(heard))],
    });
    const what = `the leader of ${stream} among three servers of nats`;
    report(outcomesOf('nats-leader', [{ what, when: `for ever in ${stage}` }], faults));
  }
}

/** What nobody has heard of the boundaries of iteration 1, after a while. */
async function unheard(heard: ReadonlySet<string>): Promise<string[]> {
  const missing = (): string[] => SUBJECTS.filter((subject) => !heard.has(subject));
  await untilHolds(() => missing().length === 0, AbortSignal.timeout(ARRIVAL_MS)).catch(() => undefined);
  return missing().map((subject) => `nobody heard ${subject}`);
}
