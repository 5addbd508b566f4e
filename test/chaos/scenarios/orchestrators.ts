import { orchestration } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { join } from 'node:path';
import { readLog } from '../../end-to-end/run-processes.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import type { ChaosSystem, SystemOptions } from '../system/chaos-system.ts';
import { beginRun } from '../system/drive-run.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun, type RunOutputs } from './disturbed-run.ts';
import { outcomesOf, skipped, type Outcome } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** Of the leader's end to an entry of its heir. */
const TAKEOVER_MS = 30_000;
const STAGES = ['sft-0', 'sample-1', 'label-1', 'score-1', 'align-1'];
const ENDS = [
  ['SIGKILL', 'killed'],
  ['SIGSTOP', 'stopped for ever'],
] as const;

/** A folder with the account of a pod, and where its API server is. */
const account = process.env['CHAOS_KUBERNETES_ACCOUNT'];
const { KUBERNETES_SERVICE_HOST = '', KUBERNETES_SERVICE_PORT = '' } = process.env;

/** What keeps the leases, and how an orchestrator is told. */
const LEASES: Readonly<Record<string, Pick<SystemOptions, 'env'> & { readonly flags: readonly string[] }>> = {
  files: { flags: [] },
  nats: { flags: ['--leases', 'nats'] },
  ...(account !== undefined && {
    kubernetes: {
      flags: ['--leases', 'kubernetes', '--kubernetes-account', account],
      env: { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT },
    },
  }),
};

/** Two orchestrators over one folder: the one that drives the run is gone for ever, and the other one ends it. */
export async function twoOrchestrators({ reference, report }: ScenarioOptions): Promise<void> {
  for (const stage of STAGES)
    for (const end of ENDS)
      for (const leases of Object.keys(LEASES)) report(await loseLeader(reference, { leases, stage, end }));
  if (account === undefined)
    report([skipped('orchestrators', 'leases kubernetes', 'CHAOS_KUBERNETES_ACCOUNT names no account')]);
}

async function loseLeader(
  reference: RunOutputs,
  { leases, stage, end: [signalName, became] }: { leases: string; stage: string; end: (typeof ENDS)[number] },
): Promise<Outcome[]> {
  const { flags = [], env = {} } = LEASES[leases] ?? {};
  let leader: RunningProgram | undefined;
  let [isMet, lostAt] = [false, 0];
  const faults = await disturbedRun(reference, {
    options: { flags: { orchestration: flags }, env },
    before: async (system, signal) => {
      leader = await startProgram('orchestration', system.flagsOf('orchestration'), environment(env));
      using client = createClient(orchestration.OrchestrationServiceDefinition, leader.address);
      await beginRun({ client }, 'disturbed', signal);
      isMet = await untilAtWork(system, stage, signal);
      lostAt = Date.now();
      leader.child.kill(signalName);
    },
    after: (system) => (isMet ? takeoverFaults(system, lostAt) : ['the stage was over before']),
  });
  leader?.child.kill('SIGKILL');
  const what = `the leader of two orchestrators, leases ${leases}`;
  return outcomesOf('orchestrators', [{ what, when: `${became} in ${stage}` }], faults);
}

/** A program with more of an environment than the usual one. */
function environment(env: Readonly<Record<string, string>>): string[] {
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? [] : ['env', ...words];
}

function takeoverFaults({ runs }: ChaosSystem, lostAt: number): string[] {
  const resumed = readLog(join(runs, 'disturbed')).filter(({ kind }) => kind === 'run-resumed');
  const [first] = resumed;
  if (first === undefined || resumed.length > 1)
    return [`the run was resumed ${resumed.length} times, not once`];
  const tookMs = Date.parse(first.at) - lostAt;
  return tookMs <= TAKEOVER_MS ? [] : [`it was taken over after ${tookMs} ms`];
}
