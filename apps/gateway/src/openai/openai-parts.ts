import type { generation } from '@sipf/contracts';
import { scopeOf, type ServiceClient } from '@sipf/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ModelNames } from './model-names.ts';

/** What the routes of OpenAI's API need. */
export interface OpenAiParts {
  readonly client: ServiceClient<generation.GenerationServiceDefinition>;
  readonly names: ModelNames;
  /** Clients may name adapters' folders below this one. */
  readonly adaptersFolder: string | undefined;
  /** The signal of a caller that hangs up, and its time limit. */
  readonly callOptions: (
    request: FastifyRequest,
    reply: FastifyReply,
  ) => { readonly signal: AbortSignal; readonly deadlineMs: number };
  /** Logs an error that ended a stream and gives its id. */
  readonly logFailure: (error: unknown) => string;
  readonly drawSeed: () => bigint;
  readonly newId: () => string;
  /** Milliseconds since 1970, as startedAt. */
  readonly now: () => number;
  readonly startedAt: number;
}

/** The scope that a caller's token needs: the same as for the method over gRPC. */
export function allowed({ name }: { readonly name: string }) {
  return { config: { scope: scopeOf(`/sipf.generation.v1.GenerationService/${name}`) } };
}
