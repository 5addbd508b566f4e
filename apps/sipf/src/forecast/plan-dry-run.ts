import type { RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { forecast, type Cluster, type Forecast } from '@sipf/runs';
import { gatherFacts, Openings } from '@sipf/runs/preflight';
import { usageError } from '../usage-error.ts';
import { describeForecast } from './describe-forecast.ts';

/** The plan of a dry run. */
export interface DryRunPlan {
  /** For people. */
  readonly lines: readonly string[];
  /** For programs; absent where a model of the run is not known. */
  readonly plan: Forecast | undefined;
  /** What would be refused when the run gets there, and what of it is wrong. */
  readonly refusals: readonly FieldViolation[];
}

/** Plans a run on a cluster, which need not be this machine. */
export async function planDryRun(
  config: RunConfig,
  {
    cluster,
    explain,
    openings = new Openings(),
  }: { readonly cluster: Cluster; readonly explain: boolean; readonly openings?: Openings },
): Promise<DryRunPlan> {
  const { facts, refusals, notes } = await gatherFacts(config, openings);
  const wrong = refusals.map(({ field, description }) => `refused: ${field}: ${description}`);
  const said = [...notes.map((note) => `note: ${note}`), ...wrong];
  if (facts === undefined) return { lines: said, plan: undefined, refusals };
  const plan = forecast(facts, cluster);
  const lines = [...describeForecast({ facts, cluster, plan, explain }), ...said];
  return { lines, plan, refusals: [...refusals, ...plan.refusals] };
}

/** The plan as JSON has it: what is unknown is null. */
export function planJson({ plan, refusals }: DryRunPlan): Record<string, unknown> {
  return { ...plan, refusals };
}

/** @throws SipfError `invalid-argument` with everything that a plan refuses; does nothing where that is nothing */
export function requireFeasible({ refusals: violations }: Pick<DryRunPlan, 'refusals'>): void {
  const [first] = violations;
  if (first === undefined) return;
  const message =
    violations.length === 1 ? `${first.field}: ${first.description}` : 'this run cannot be done as planned';
  throw usageError(message, { violations });
}
