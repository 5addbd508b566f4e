import { SERVICE_OF_PART, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  engineMismatches,
  partOfStage,
  partsOfPlan,
  requireEngines,
  type EngineFacts,
  type Stage,
} from '@sipf/runs';
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

/**
 * Whether there are the services that a run's plan asks, and are those that it names.
 * @throws SipfError `failed-precondition` SERVICE_NOT_SET; INVALID_FIELD as {@link engineAtWork}, for all of them at once
 */
export async function requireEnginesOf(
  config: RunConfig,
  plan: readonly Stage[],
  { engineOf, lacks = () => false }: Services,
): Promise<void> {
  const parts = partsOfPlan(plan);
  const lacking = parts.filter(lacks).map((part) => SERVICE_OF_PART[part]);
  if (lacking.length > 0) {
    const flags = lacking.map((service) => `--${service}`).join(', ');
    const why = `this orchestrator has no ${lacking.join(', ')} service, which the run asks: start it with ${flags}, or the run by \`sipf run\``;
    throw new SipfError('failed-precondition', why, { reason: 'SERVICE_NOT_SET' });
  }
  if (config.engines === undefined || engineOf === undefined) return;
  const found = await Promise.all(
    parts.map(async (part) => {
      const engine = await engineOf(part, AbortSignal.timeout(ASKED_MS)).catch(() => undefined);
      return engineMismatches(config, part, engine);
    }),
  );
  requireEngines(found.flat());
}
