import type { RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import {
  engineParts,
  forecast,
  vllmStarts,
  type Answers,
  type Cluster,
  type Facts,
  type Forecast,
  type VllmStart,
} from '@sipf/runs';
import { askEngines, gatherFacts, Openings, servedDigests } from '@sipf/runs/preflight';
import { engineFlags, type EngineFlags } from '../embedded/engine-flags.ts';
import { usageError } from '../usage-error.ts';
import { describeForecast } from './describe-forecast.ts';
import { describeServers } from './describe-servers.ts';

/** The plan of a dry run. */
export interface DryRunPlan {
  /** For people. */
  readonly lines: readonly string[];
  /** For programs; absent where a model of the run is not known. */
  readonly plan: Forecast | undefined;
  /** How the servers of vLLM that it names must be started. */
  readonly servers: readonly VllmStart[];
  /** Flags of the services, by which they ask the engines of the run. */
  readonly serviceFlags: EngineFlags;
  /** What would be refused when the run gets there, and what of it is wrong. */
  readonly refusals: readonly FieldViolation[];
  /** Those of them that engines would make, wherever the run is planned for. */
  readonly engineRefusals: readonly FieldViolation[];
}

/** How a run is planned. */
export interface PlanOptions {
  readonly cluster: Cluster;
  readonly explain: boolean;
  readonly openings?: Openings;
  /** What engines say; absent where they are not to be asked. */
  readonly ask?: (facts: Facts) => Promise<Answers>;
}

/** Plans a run on a cluster, which need not be this machine. */
export async function planDryRun(
  config: RunConfig,
  { cluster, explain, openings = new Openings(), ask }: PlanOptions,
): Promise<DryRunPlan> {
  const { facts, refusals, notes } = await gatherFacts(config, openings);
  const serviceFlags = engineFlags(config);
  const wrong = refusals.map(({ field, description }) => `refused: ${field}: ${description}`);
  const said = [...notes.map((note) => `note: ${note}`), ...wrong];
  if (facts === undefined)
    return { lines: said, plan: undefined, servers: [], serviceFlags, refusals, engineRefusals: [] };
  const plan = forecast(facts, cluster, (await ask?.(facts)) ?? {});
  const { services, engineRefusals } = plan;
  const servers = vllmStarts({ config, services, cluster, digests: await servedDigests(config) });
  const lines = [
    ...describeForecast({ facts, cluster, plan, explain }),
    ...describeServers(servers),
    ...said,
  ];
  return { lines, plan, servers, serviceFlags, refusals: [...refusals, ...plan.refusals], engineRefusals };
}

/** The plan as JSON has it: what is unknown is null. */
export function planJson({
  plan,
  servers,
  serviceFlags,
  refusals,
}: Omit<DryRunPlan, 'lines' | 'engineRefusals'>): Record<string, unknown> {
  return { ...plan, servers, serviceFlags, refusals };
}

/** @throws SipfError `invalid-argument` with everything that a plan refuses; does nothing where that is nothing */
export function requireFeasible({ refusals: violations }: Pick<DryRunPlan, 'refusals'>): void {
  const [first] = violations;
  if (first === undefined) return;
  const message =
    violations.length === 1 ? `${first.field}: ${first.description}` : 'this run cannot be done as planned';
  throw usageError(message, { violations });
}

/** Asks each set of engines once, for all the runs that name it. */
export function askOnce(where: { readonly isHere: boolean }): NonNullable<PlanOptions['ask']> {
  const asked = new Map<string, Promise<Answers>>();
  return (facts) => {
    const { engines, policy, simulator, verifier } = facts.config;
    const key = JSON.stringify({ engines, policy, simulator, verifier, parts: [...engineParts(facts)] });
    const answers = asked.get(key) ?? askEngines(facts, where);
    asked.set(key, answers);
    return answers;
  };
}
