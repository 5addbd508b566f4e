import type { EnginePart, RunConfig } from '@sipf/contracts';
import { engineMismatches, partOfStage, requireEngines, type EngineFacts, type Stage } from '@sipf/runs';
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
  const engine = await services.engineOf?.(part, signal);
  requireEngines(engineMismatches(config, part, engine));
  return engine;
}

/** How long a start waits for services to say what they are; those that are away are asked again by their stages. */
const ASKED_MS = 5000;

/** Whether the services are those that a run names. @throws SipfError as {@link engineAtWork}, for all of them at once */
export async function requireEnginesOf(
  config: RunConfig,
  plan: readonly Stage[],
  { engineOf }: Services,
): Promise<void> {
  if (config.engines === undefined || engineOf === undefined) return;
  const parts = [...new Set(plan.map(partOfStage))].filter((part): part is EnginePart => part !== undefined);
  const found = await Promise.all(
    parts.map(async (part) => {
      const engine = await engineOf(part, AbortSignal.timeout(ASKED_MS)).catch(() => undefined);
      return engineMismatches(config, part, engine);
    }),
  );
  requireEngines(found.flat());
}
