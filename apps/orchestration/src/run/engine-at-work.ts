import type { RunConfig } from '@sipf/contracts';
import {
  engineMismatches,
  partOfStage,
  partsOfPlan,
  rankRefusals,
  requireEngines,
  withNamedPrecision,
  type EngineFacts,
  type Stage,
} from '@sipf/runs';
import { serviceNotSet } from '../services/service-not-set.ts';
import type { Services } from '../services/services.ts';

/**
 * What is about to compute a stage; undefined where the orchestrator does itself, or nobody says.
 * @throws SipfError `failed-precondition` INVALID_FIELD where the run names another
 */
export async function engineAtWork(
  stage: Stage,
  {
    config,
    services,
    signal,
  }: { readonly config: RunConfig; readonly services: Services; readonly signal: AbortSignal },
): Promise<EngineFacts | undefined> {
  const part = partOfStage(stage);
  if (part === undefined) return undefined;
  const answer = await services.engineOf?.(part, signal);
  requireEngines(engineMismatches(config, part, answer?.engine));
  return withNamedPrecision(config, part, answer?.engine);
}

/** How long a start waits for services to say what they are; those that are away are asked again by their stages. */
const ASKED_MS = 5000;

/** Whether there is a service for all the work of a plan. @throws SipfError `failed-precondition` SERVICE_NOT_SET */
export function requireServicesOf(plan: readonly Stage[], { lacks }: Services): void {
  const lacking = lacks === undefined ? [] : partsOfPlan(plan).filter(lacks);
  if (lacking.length > 0) throw serviceNotSet(lacking);
}

/**
 * Whether the services are those that a run names, and take the adapters that it trains.
 * @throws SipfError as {@link engineAtWork}, for all of them at once
 */
export async function requireEnginesOf(
  config: RunConfig,
  plan: readonly Stage[],
  { engineOf }: Services,
): Promise<void> {
  if (engineOf === undefined) return;
  const found = await Promise.all(
    partsOfPlan(plan).map(async (part) => {
      const answer = await engineOf(part, AbortSignal.timeout(ASKED_MS)).catch(() => undefined);
      return [
        ...engineMismatches(config, part, answer?.engine),
        ...rankRefusals(config, part, answer?.maxLoraRank),
      ];
    }),
  );
  requireEngines(found.flat());
}
