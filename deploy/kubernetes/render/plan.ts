import { z } from 'zod';

/** What a cluster takes of a server of vLLM in a run's plan; `libs/runs/src/vllm` makes it. */
const server = z.object({
  parts: z.array(z.enum(['policy', 'simulator', 'verifier'])).min(1),
  urls: z.array(z.string()).min(1),
  replicas: z.int().min(1),
  hook: z.string().optional(),
  program: z.array(z.string()),
  model: z.array(z.string()),
  flags: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
});

/** Flags in pairs, as the services that ask servers are to have them. */
const flags = z.array(z.string()).default([]);
const serviceFlags = z.object({ generation: flags, simulation: flags, verification: flags });

/** The line of `sipf run --dry-run --json`. */
const planSchema = z.object({ plan: z.object({ servers: z.array(server), serviceFlags }) });

/** How a server of vLLM is started for a run. */
export type PlannedServer = z.infer<typeof server>;

/** Servers that a service has started anew, by a hook that calls the API server. */
export interface Hooked {
  readonly deployment: string;
  readonly replicas: number;
}

/** What a run's plan says of a cluster. */
export interface Plan {
  readonly servers: readonly PlannedServer[];
  /** Values, under those of the cluster's own files: who asks which server. */
  readonly settings: object;
}

export const NO_PLAN: Plan = { servers: [], settings: {} };

/**
 * @param text what `sipf run --dry-run --json` wrote
 * @throws SyntaxError or z.ZodError for anything else
 */
export function parsePlan(text: string): Plan {
  const { servers, serviceFlags: all } = planSchema.parse(JSON.parse(text)).plan;
  const services = Object.entries(all).map(([service, list]) => [service, { settings: settingsOf(list) }]);
  return { servers, settings: { services: Object.fromEntries(services) as object } };
}

function settingsOf(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    list.flatMap((word, index) =>
      index % 2 === 0 ? [[word.replace(/^--/, ''), list[index + 1] ?? '']] : [],
    ),
  ) as Record<string, string>;
}
