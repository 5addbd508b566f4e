import { SipfError } from '@sipf/errors';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { launchScript } from './launch-script.ts';
import { confinementLayers, layersOf, openPlan, plans, type ConfinementLayer, type Plan } from './plan.ts';

/** The wanted confinement: all layers or no start, those that the host allows, or limits only. */
export const confinementModes = ['required', 'best', 'off'] as const;
export type ConfinementMode = (typeof confinementModes)[number];

/** How children are confined on this host. */
export interface Confinement {
  readonly plan: Plan;
  readonly layers: readonly ConfinementLayer[];
  /** Layers that this host does not allow. */
  readonly missing: readonly ConfinementLayer[];
  /** The host's answer to a stricter plan; undefined where no layer is missing or none was tried. */
  readonly why: string | undefined;
}

const probe = {
  entry: new URL('./probe.ts', import.meta.url),
  nodeArguments: ['--no-node-snapshot', '--no-warnings'],
};
const probeMs = 60_000;

/** Whether this process is the superuser. */
export function isSuperuser(): boolean {
  return process.getuid?.() === 0;
}

let found: Promise<Confinement> | undefined;

/**
 * Finds how to confine children. Probes the host once per process, by starting an isolate under one plan after the other.
 * @throws SipfError `unavailable` when all layers are required and the host allows fewer
 */
export async function findConfinement(mode: ConfinementMode): Promise<Confinement> {
  if (mode === 'off') return describe(openPlan, undefined);
  found ??= tryPlans();
  const confinement = await found;
  if (mode === 'best' || confinement.missing.length === 0) return confinement;
  const { missing, why = '' } = confinement;
  throw new SipfError(
    'unavailable',
    `this host does not confine children as required: ${missing.join(', ')}: ${why}`,
    {
      reason: 'SANDBOX_CONFINEMENT_MISSING',
      metadata: { missing: missing.join(',') },
    },
  );
}

async function tryPlans(): Promise<Confinement> {
  let why: string | undefined;
  for (const plan of plans) {
    // The watchdog needs the host's number of a child in a process namespace.
    if (plan.namespaces && !existsSync(`/proc/self/task/${process.pid}/children`)) continue;
    const refusal = await tryPlan(plan);
    if (refusal === undefined) return describe(plan, why);
    why ??= refusal;
  }
  return describe(openPlan, why);
}

function describe(plan: Plan, why: string | undefined): Confinement {
  const layers = layersOf(plan, isSuperuser());
  const missing = confinementLayers.filter((layer) => !layers.includes(layer));
  return { plan, layers, missing, why };
}

/** Why a plan does not work here, undefined where it does. */
function tryPlan(plan: Plan): Promise<string | undefined> {
  const script = launchScript(plan, probe, isSuperuser());
  return new Promise((resolve) => {
    const options = { env: {}, cwd: '/', timeout: probeMs, killSignal: 'SIGKILL' } as const;
    execFile('/bin/sh', ['-c', script], options, (error, _stdout, stderr) => {
      const said = stderr.trim().split('\n', 1)[0] ?? '';
      resolve(
        error === null ? undefined : (said === '' ? error.message.split('\n', 1)[0] : said)?.slice(0, 200),
      );
    });
  });
}
