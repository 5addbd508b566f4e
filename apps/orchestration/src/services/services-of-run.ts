import { common } from '@sipf/contracts';
import type { Services } from './services.ts';

/**
 * The services as one run calls them: its work is bulk work, which lets interactive callers go first, and its share of every
 * service is its own, so that several runs get on alike.
 */
export function servicesOfRun(services: Services, runId: string): Services {
  const clientId = `run/${runId}`;
  const claim = { priority: common.Priority.BULK, clientId };
  const { executor } = services;
  return {
    ...services,
    generate: (request, bounds) => services.generate({ ...request, ...claim }, bounds),
    labelSteps: (request, bounds) => services.labelSteps({ ...request, ...claim }, bounds),
    score: (request, bounds) => services.score({ ...request, ...claim }, bounds),
    ...(executor === undefined
      ? {}
      : { executor: { run: (program, bounds) => executor.run(program, { ...bounds, clientId }) } }),
  };
}
